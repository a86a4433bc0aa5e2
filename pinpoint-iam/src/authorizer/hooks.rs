//! Hooks with which tests replace and record decisions.

use std::sync::Arc;

use crate::eval::Evaluation;
use crate::request::Request;

/// Replaces and records the decisions of an authorizer.
///
/// The type exists without the feature `testing` as well, but only that feature can create hooks.
#[derive(Clone, Default)]
pub(crate) struct DecisionHooks {
    replacement: Option<Arc<Replacement>>,
    observers: Vec<Arc<Observer>>,
}

type Replacement = dyn Fn() -> Evaluation + Send + Sync;
type Observer = dyn Fn(&Request<'_>, &Evaluation) + Send + Sync;

impl DecisionHooks {
    /// Returns the evaluation for the caller, where `evaluation` is the result of the policies.
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
    /// Replaces every further evaluation. A later call overrides an earlier one.
    pub(crate) fn replace_with(
        &mut self,
        replacement: impl Fn() -> Evaluation + Send + Sync + 'static,
    ) {
        self.replacement = Some(Arc::new(replacement));
    }

    /// Calls `observer` with every further request and its evaluation.
    pub(crate) fn observe(
        &mut self,
        observer: impl Fn(&Request<'_>, &Evaluation) + Send + Sync + 'static,
    ) {
        self.observers.push(Arc::new(observer));
    }
}
