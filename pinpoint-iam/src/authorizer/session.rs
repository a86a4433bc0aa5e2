//! Compares session policies with the registered catalogs and the sources of condition keys.

use std::sync::atomic::{AtomicU64, Ordering};

#[cfg(feature = "_web")]
use super::log_mismatches;
use super::{Authorizer, BuildError, CatalogMismatch, Inner, KeyWithoutSource, LoadWarnings};
use crate::eval::snapshot::Unavailable;
use crate::policy_stack::Policy;
use crate::principal::Principal;

/// The warnings about the session policies of a principal, see [`Authorizer::check_session`].
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct SessionWarnings {
    mismatches: Vec<CatalogMismatch>,
    keys: Vec<KeyWithoutSource>,
}

impl SessionWarnings {
    /// Returns the elements that do not agree with the registered catalogs.
    pub fn catalog_mismatches(&self) -> &[CatalogMismatch] {
        &self.mismatches
    }

    /// Returns the condition keys that no source supplies.
    pub fn keys_without_source(&self) -> &[KeyWithoutSource] {
        &self.keys
    }
}

impl Authorizer {
    /// Compares the [session policies](Principal::with_session_policy) of `principal` with the registered
    /// [catalogs](crate::AuthorizerBuilder::catalog) and the sources of condition keys, as
    /// [`build`](crate::AuthorizerBuilder::build) compares the policies of the source. Call it where a session begins, to
    /// report a mistake to the author of its policies.
    ///
    /// A session policy only limits access, so the rules for permissions boundaries apply to all of its elements. The
    /// level is that of [`catalog_mismatches`](crate::AuthorizerBuilder::catalog_mismatches), and by default
    /// [`MismatchLevel::RejectDisabledLimits`](crate::MismatchLevel::RejectDisabledLimits), also if the other policies are
    /// from an AWS account: AWS has not accepted the policies of the session.
    ///
    /// Without this call, the first request of the principal compares its session policies with the catalogs. If they are
    /// rejected, all its requests are denied with
    /// [`DenyReason::SessionPoliciesRejected`](crate::eval::DenyReason::SessionPoliciesRejected), because a misspelled
    /// `Deny` would not deny anything. With the feature `axum` or `actix`, the mismatches are then logged.
    ///
    /// # Errors
    ///
    /// Returns [`BuildError::CatalogMismatches`] if an element does not agree with a catalog, and
    /// [`BuildError::KeysWithoutSource`] if a condition key has no source. Requests that depend on such a key are denied.
    pub fn check_session(&self, principal: &Principal) -> Result<SessionWarnings, BuildError> {
        let policies = principal.session_policies().unwrap_or_default();
        let LoadWarnings { mismatches, keys } = self.inner.check(&limiting(policies), false)?;
        Ok(SessionWarnings { mismatches, keys })
    }
}

impl Inner {
    /// Returns why all requests of `principal` are denied, if its session policies are rejected. The principal keeps the
    /// result of the first authorizer that asks.
    #[inline]
    pub(super) fn rejects_session(&self, principal: &Principal) -> Option<Unavailable> {
        let policies = principal.session_policies()?;
        principal
            .is_session_rejected(self.id, || self.rejects_session_policies(policies))
            .then_some(Unavailable::SessionRejected)
    }

    #[cold]
    fn rejects_session_policies(&self, policies: &[Policy]) -> bool {
        let checked = self.check_against_catalogs(&limiting(policies), false);
        #[cfg(feature = "_web")]
        match &checked {
            Ok(warnings) => log_mismatches(warnings),
            Err(error) => tracing::error!("the session policies are rejected: {error}"),
        }
        checked.is_err()
    }
}

/// Session policies as policies that only limit access.
fn limiting(policies: &[Policy]) -> Vec<(&Policy, bool)> {
    policies.iter().map(|policy| (policy, true)).collect()
}

/// Returns a number that no other authorizer of the process has.
pub(super) fn next_id() -> u64 {
    static NEXT: AtomicU64 = AtomicU64::new(0);
    NEXT.fetch_add(1, Ordering::Relaxed)
}
