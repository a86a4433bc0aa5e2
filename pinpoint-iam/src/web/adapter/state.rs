//! The state that the checks of one request share.

use crate::authorizer::Authorizer;
use crate::principal::Principal;
use crate::source::resource_keys::FetchedKeys;
use crate::web::check_note::CheckNote;
use crate::web::policies::{CallerPolicies, RequestPolicies};

/// The state that the checks of one request share: the policies, fetched keys of resources, and the caller that a
/// parameter identifies.
#[derive(Clone, Debug, Default)]
pub struct RequestState {
    policies: Option<RequestPolicies>,
    pub(super) fetched: FetchedKeys,
    /// The caller that a check with `caller = parameter` has identified, for the other checks of the request.
    pub(super) identified: Option<Principal>,
    /// Whether a check has started, if a layer around the handlers needs to know it.
    pub(in crate::web) note: CheckNote,
}

impl RequestState {
    /// Returns the policies of `authorizer`, which are fixed by its first check of the request.
    pub(super) fn policies(&mut self, authorizer: &Authorizer) -> CallerPolicies {
        let policies = &mut self.policies;
        policies
            .get_or_insert_with(|| RequestPolicies::of(authorizer))
            .for_authorizer(authorizer)
    }
}

/// The state in the extensions of a request. Applications cannot name this type, and so cannot change the state.
#[cfg(any(
    feature = "actix",
    feature = "axum",
    feature = "tonic",
    feature = "tower"
))]
#[derive(Clone, Default)]
pub(in crate::web) struct StoredState(pub(in crate::web) RequestState);
