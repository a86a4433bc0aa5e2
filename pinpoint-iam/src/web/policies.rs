//! The policies that decide a web request.

use std::sync::Arc;

use crate::authorizer::Authorizer;
use crate::states::PolicyState;

/// The policies that all checks of one request use, stored in the request's extensions. For each authorizer they are
/// the policies of its first check.
#[derive(Clone, Debug)]
pub(super) struct RequestPolicies {
    first: Arc<PolicyState>,
    /// The policies of further authorizers. Most requests use only one authorizer.
    others: Vec<Arc<PolicyState>>,
}

impl RequestPolicies {
    /// Starts with the current policies of `authorizer`.
    pub(super) fn of(authorizer: &Authorizer) -> Self {
        Self {
            first: authorizer.states().current_shared(),
            others: Vec::new(),
        }
    }

    /// Returns the policies of `authorizer`, which are fixed by its first check of the request.
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
