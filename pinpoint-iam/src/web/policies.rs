//! The policies that decide a web request.

use std::sync::Arc;
#[cfg(feature = "on-demand")]
use std::sync::{Mutex, PoisonError};

use crate::authorizer::Authorizer;
use crate::principal::Principal;
use crate::states::{Pinned, PolicyState};

/// The policies that all checks of one request use, stored in the request's extensions. For each authorizer they are
/// the policies of its first check.
#[derive(Clone, Debug)]
pub(super) struct RequestPolicies {
    first: Arc<PolicyState>,
    /// The policies of further authorizers. Most requests use only one authorizer.
    others: Vec<Arc<PolicyState>>,
    #[cfg(feature = "on-demand")]
    principals: Option<LoadedPrincipals>,
}

impl RequestPolicies {
    /// Starts with the current policies of `authorizer`.
    pub(super) fn of(authorizer: &Authorizer) -> Self {
        Self {
            first: authorizer.state_before_look_up(),
            others: Vec::new(),
            #[cfg(feature = "on-demand")]
            principals: None,
        }
    }

    /// Returns the policies of `authorizer`, which are fixed by its first check of the request.
    pub(super) fn for_authorizer(&mut self, authorizer: &Authorizer) -> CallerPolicies {
        let state = self.state_for(authorizer);
        CallerPolicies {
            state,
            #[cfg(feature = "on-demand")]
            principals: authorizer
                .loads_on_demand()
                .then(|| self.principals.get_or_insert_default().clone()),
        }
    }

    fn state_for(&mut self, authorizer: &Authorizer) -> Arc<PolicyState> {
        let states = authorizer.states();
        let known = std::iter::once(&self.first)
            .chain(&self.others)
            .find(|state| states.have(state));
        if let Some(state) = known {
            return Arc::clone(state);
        }
        let state = authorizer.state_before_look_up();
        self.others.push(Arc::clone(&state));
        state
    }
}

/// The policies of the caller of a request. If they are loaded on demand, all requests are denied until the caller is
/// looked up.
#[derive(Clone)]
pub(super) struct CallerPolicies {
    state: Arc<PolicyState>,
    /// `None` if the caller does not have to be looked up.
    #[cfg(feature = "on-demand")]
    principals: Option<LoadedPrincipals>,
}

impl CallerPolicies {
    /// Returns the policies for a guard.
    pub(super) fn pinned(&self) -> Pinned<'_> {
        Pinned::Borrowed(&self.state)
    }
}

#[cfg(not(feature = "on-demand"))]
impl CallerPolicies {
    /// Returns `true`: all policies are loaded.
    #[cfg(feature = "actix")]
    #[expect(clippy::unused_self, reason = "as with the feature `on-demand`")]
    pub(super) const fn look_up(&mut self, _: &Authorizer, _: &Principal) -> bool {
        true
    }

    /// Does nothing: all policies are loaded.
    #[expect(clippy::unused_async, reason = "as with the feature `on-demand`")]
    pub(super) async fn load(&mut self, _: &Authorizer, _: &Principal) {}

    /// Switches to the current policies.
    pub(super) fn renew(&mut self, authorizer: &Authorizer, _: &Principal) {
        self.state = authorizer.states().current_shared();
    }
}

#[cfg(feature = "on-demand")]
impl CallerPolicies {
    /// Uses the policies of `principal`, if that is possible without waiting. Returns whether it is.
    pub(super) fn look_up(&mut self, authorizer: &Authorizer, principal: &Principal) -> bool {
        let Some(principals) = &self.principals else {
            return true;
        };
        let state = principals.get(authorizer, principal).or_else(|| {
            let state = authorizer.cached_state(principal)?;
            Some(principals.keep(authorizer, principal, state))
        });
        let Some(state) = state else {
            return false;
        };
        self.state = state;
        self.principals = None;
        true
    }

    /// Uses the policies of `principal`, which are loaded if necessary.
    pub(super) async fn load(&mut self, authorizer: &Authorizer, principal: &Principal) {
        if self.look_up(authorizer, principal) {
            return;
        }
        // In memory of its own, because the future of every handler contains this one, and few checks wait.
        let state = Box::pin(authorizer.load_missing(principal)).await;
        self.state = match self.principals.take() {
            Some(principals) => principals.keep(authorizer, principal, state),
            None => state,
        };
    }

    /// Switches to the current policies, as far as that is possible without waiting. Otherwise all requests are denied.
    pub(super) fn renew(&mut self, authorizer: &Authorizer, principal: &Principal) {
        self.principals = None;
        self.state = arc_swap::Guard::into_inner(authorizer.state_of(principal));
    }

    /// Switches to the current policies of `principal`, which are loaded if necessary.
    pub(super) async fn renew_async(&mut self, authorizer: &Authorizer, principal: &Principal) {
        self.principals = None;
        self.state = authorizer.load_state(principal).await;
    }
}

/// A principal with its policies.
#[cfg(feature = "on-demand")]
type LoadedPrincipal = (Principal, Arc<PolicyState>);

/// The policies of the principals that one request has looked up. Most requests look up only one. Shared by checks that
/// run at the same time.
#[cfg(feature = "on-demand")]
#[derive(Clone, Debug, Default)]
struct LoadedPrincipals(Arc<Mutex<Vec<LoadedPrincipal>>>);

#[cfg(feature = "on-demand")]
impl LoadedPrincipals {
    fn get(&self, authorizer: &Authorizer, principal: &Principal) -> Option<Arc<PolicyState>> {
        // Only whole values are stored, so poisoning is harmless.
        let loaded = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        find(&loaded, authorizer, principal)
    }

    /// Keeps the policies of `principal`, unless another check of the request was faster. Returns those that are kept.
    fn keep(
        &self,
        authorizer: &Authorizer,
        principal: &Principal,
        state: Arc<PolicyState>,
    ) -> Arc<PolicyState> {
        let mut loaded = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(kept) = find(&loaded, authorizer, principal) {
            return kept;
        }
        loaded.push((principal.clone(), Arc::clone(&state)));
        state
    }
}

#[cfg(feature = "on-demand")]
fn find(
    loaded: &[LoadedPrincipal],
    authorizer: &Authorizer,
    principal: &Principal,
) -> Option<Arc<PolicyState>> {
    let mut loaded = loaded.iter();
    let is_same =
        |(known, state): &&LoadedPrincipal| authorizer.states().have(state) && known == principal;
    loaded.find(is_same).map(|(_, state)| Arc::clone(state))
}
