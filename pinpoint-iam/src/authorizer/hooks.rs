//! What tests put between an authorizer and its callers.

use std::sync::Arc;

use crate::eval::Evaluation;
use crate::request::Request;

/// Replaces and records the decisions of an authorizer.
///
/// The type is the same with and without the feature `testing`; without it, there is no way to make a hook.
#[derive(Clone, Default)]
pub(crate) struct DecisionHooks {
    replacement: Option<Arc<Replacement>>,
    observers: Vec<Arc<Observer>>,
}

type Replacement = dyn Fn() -> Evaluation + Send + Sync;
type Observer = dyn Fn(&Request<'_>, &Evaluation) + Send + Sync;

impl DecisionHooks {
    /// What the caller receives where the policies give `evaluation`.
    #[cold]
    pub(super) fn apply(&self, request: &Request<'_>, evaluation: Evaluation) -> Evaluation {
        let evaluation = match &self.replacement {
            None => evaluation,
            Some(replacement) => replacement(),
        };
        for observe in &self.observers {
            observe(request, &evaluation);
        }
        evaluation
    }
}

#[cfg(feature = "testing")]
impl DecisionHooks {
    /// Replaces every evaluation from now on. It takes the place of an earlier replacement.
    pub(crate) fn replace_with(
        &mut self,
        replacement: impl Fn() -> Evaluation + Send + Sync + 'static,
    ) {
        self.replacement = Some(Arc::new(replacement));
    }

    /// Calls `observer` with every request and what its caller receives.
    pub(crate) fn observe(
        &mut self,
        observer: impl Fn(&Request<'_>, &Evaluation) + Send + Sync + 'static,
    ) {
        self.observers.push(Arc::new(observer));
    }
}
