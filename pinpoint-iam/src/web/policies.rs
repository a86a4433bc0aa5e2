//! The policies that a web request is decided by.

use std::sync::Arc;

use crate::authorizer::Authorizer;
use crate::states::PolicyState;

/// The policies that the checks of one request are decided by, in the request's extensions: those of the first check, for
/// each authorizer that is asked.
#[derive(Clone, Debug)]
pub(super) struct RequestPolicies {
    first: Arc<PolicyState>,
    /// Those of other authorizers. Hardly any request meets two.
    others: Vec<Arc<PolicyState>>,
}

impl RequestPolicies {
    /// The policies of `authorizer` as they are now.
    pub(super) fn of(authorizer: &Authorizer) -> Self {
        Self {
            first: authorizer.states().current_shared(),
            others: Vec::new(),
        }
    }

    /// Those of `authorizer`, from its first check of the request on.
    pub(super) fn for_authorizer(&mut self, authorizer: &Authorizer) -> Arc<PolicyState> {
        let states = authorizer.states();
        let known = std::iter::once(&self.first)
            .chain(&self.others)
            .find(|state| states.have(state));
        if let Some(state) = known {
            return Arc::clone(state);
        }
        let state = authorizer.states().current_shared();
        self.others.push(Arc::clone(&state));
        state
    }
}
