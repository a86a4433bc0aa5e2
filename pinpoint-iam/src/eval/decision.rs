//! Results of evaluations.

use std::fmt;
use std::sync::Arc;

use pinpoint_iam_core::__private::OneLine;

use crate::context::ConditionKey;
use crate::eval::combine::CombinedDecision;
use crate::eval::snapshot::Unavailable;
use crate::eval::statement_id::StatementId;
use crate::policy_stack::PolicyType;

/// The result of an evaluation: a decision, or the keys that are needed for one.
#[derive(Clone, Debug, PartialEq)]
#[must_use = "an evaluation has no effect unless it is used"]
pub enum Evaluation {
    /// The request is decided.
    Decided(Decision),
    /// The decision depends on condition keys that are not known yet.
    Indeterminate(MissingKeys),
}

impl Evaluation {
    /// The evaluation for a caller whose policies may not be used.
    pub(crate) const fn unavailable(why: Unavailable) -> Self {
        Self::Decided(Decision::Deny(DeniedBy::unavailable(why)))
    }

    /// Converts a combined decision. `cite` identifies statements, and `needs` lists the missing keys of an
    /// indeterminate request.
    pub(crate) fn of<S>(
        conclusion: CombinedDecision<S>,
        cite: impl FnOnce(PolicyType, S) -> StatementId,
        needs: impl FnOnce() -> MissingKeys,
    ) -> Self {
        let allowed = |grant| Decision::Allow(AllowedBy { reason: grant });
        let denied = |refusal| Decision::Deny(DeniedBy { reason: refusal });
        Self::Decided(match conclusion {
            CombinedDecision::Allowed(policy_type, statement) => {
                allowed(AllowReason::Statement(cite(policy_type, statement)))
            }
            CombinedDecision::AllowedToRoot => allowed(AllowReason::RootUser),
            CombinedDecision::ExplicitDeny(policy_type, statement) => {
                denied(DenyReason::ExplicitDeny(cite(policy_type, statement)))
            }
            CombinedDecision::ImplicitDeny(policy_type) => {
                denied(DenyReason::ImplicitDeny(policy_type))
            }
            CombinedDecision::Indeterminate => return Self::Indeterminate(needs()),
        })
    }

    /// Returns the decision. An indeterminate request is denied.
    pub fn into_decision(self) -> Decision {
        match self {
            Self::Decided(decision) => decision,
            Self::Indeterminate(keys) => Decision::Deny(DeniedBy {
                reason: DenyReason::Indeterminate(keys),
            }),
        }
    }
}

/// The condition keys that a decision depends on, without duplicates, in alphabetical order.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MissingKeys(Arc<[ConditionKey]>);

impl MissingKeys {
    pub(crate) fn new(mut keys: Vec<ConditionKey>) -> Self {
        keys.sort_unstable();
        keys.dedup();
        Self(keys.into())
    }

    /// No keys.
    pub(crate) fn none() -> Self {
        Self(Arc::default())
    }

    /// The keys.
    pub fn iter(&self) -> impl Iterator<Item = &ConditionKey> {
        self.0.iter()
    }
}

impl fmt::Display for MissingKeys {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, key) in self.0.iter().enumerate() {
            let separator = if index == 0 { "" } else { ", " };
            write!(formatter, "{separator}`{}`", OneLine(key.as_str()))?;
        }
        Ok(())
    }
}

/// Whether a request is allowed, with the reason.
#[derive(Clone, Debug, PartialEq)]
#[must_use = "a decision has no effect unless it is used"]
pub enum Decision {
    /// The request is allowed.
    Allow(AllowedBy),
    /// The request is denied.
    Deny(DeniedBy),
}

impl Decision {
    /// Whether the request is allowed.
    pub const fn is_allowed(&self) -> bool {
        matches!(self, Self::Allow(_))
    }
}

impl fmt::Display for Decision {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Allow(by) => write!(formatter, "allowed {by}"),
            Self::Deny(by) => write!(formatter, "denied: {by}"),
        }
    }
}

/// The reason why a request is allowed.
#[derive(Clone, Debug, PartialEq)]
pub struct AllowedBy {
    pub(crate) reason: AllowReason,
}

impl AllowedBy {
    /// Returns the reason.
    pub const fn reason(&self) -> &AllowReason {
        &self.reason
    }

    /// Returns the statement that allows the request; `None` for a root user.
    pub const fn statement(&self) -> Option<&StatementId> {
        match &self.reason {
            AllowReason::Statement(statement) => Some(statement),
            AllowReason::RootUser => None,
        }
    }
}

impl fmt::Display for AllowedBy {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.reason {
            AllowReason::Statement(statement) => write!(formatter, "by {statement}"),
            AllowReason::RootUser => {
                formatter.write_str("because the caller is the account's root user")
            }
        }
    }
}

/// The reason why a request is allowed.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub enum AllowReason {
    /// A statement of an identity-based or resource-based policy.
    Statement(StatementId),
    /// The caller is the root user of the resource's account, which needs no policy.
    RootUser,
}

/// The reason why a request is denied.
#[derive(Clone, Debug, PartialEq)]
pub struct DeniedBy {
    pub(crate) reason: DenyReason,
}

impl DeniedBy {
    /// The request is denied because these keys have no value and no source.
    pub(crate) const fn indeterminate(keys: MissingKeys) -> Self {
        Self {
            reason: DenyReason::Indeterminate(keys),
        }
    }

    /// The policies of the caller may not be used.
    pub(crate) const fn unavailable(why: Unavailable) -> Self {
        Self {
            reason: match why {
                Unavailable::Unreadable => DenyReason::PoliciesUnavailable,
                Unavailable::Expired => DenyReason::PoliciesExpired,
                #[cfg(feature = "on-demand")]
                Unavailable::NotLoaded => DenyReason::PoliciesNotLoaded,
                Unavailable::SeveralBoundaries => DenyReason::SeveralBoundaries,
                Unavailable::SessionRejected => DenyReason::SessionPoliciesRejected,
            },
        }
    }

    /// Whether the request is denied regardless of what the policies contain, because they may not be used.
    pub(crate) const fn is_unavailable(&self) -> bool {
        matches!(
            self.reason,
            DenyReason::PoliciesUnavailable
                | DenyReason::PoliciesExpired
                | DenyReason::PoliciesNotLoaded
        )
    }

    /// Returns the reason.
    pub const fn reason(&self) -> &DenyReason {
        &self.reason
    }

    /// Whether a `Deny` statement denies the request, which no further `Allow` can change.
    pub const fn is_explicit(&self) -> bool {
        matches!(self.reason, DenyReason::ExplicitDeny(_))
    }

    /// Returns the statement that denies the request; `None` for an implicit deny.
    pub const fn statement(&self) -> Option<&StatementId> {
        match &self.reason {
            DenyReason::ExplicitDeny(statement) => Some(statement),
            DenyReason::ImplicitDeny(_)
            | DenyReason::Indeterminate(_)
            | DenyReason::PoliciesUnavailable
            | DenyReason::PoliciesExpired
            | DenyReason::PoliciesNotLoaded
            | DenyReason::SeveralBoundaries
            | DenyReason::SessionPoliciesRejected => None,
        }
    }

    /// Returns the type of the policy that denies the request, explicitly or implicitly.
    pub const fn policy_type(&self) -> Option<PolicyType> {
        match &self.reason {
            DenyReason::ExplicitDeny(statement) => Some(statement.policy_type()),
            DenyReason::ImplicitDeny(policy_type) => Some(*policy_type),
            DenyReason::Indeterminate(_)
            | DenyReason::PoliciesUnavailable
            | DenyReason::PoliciesExpired
            | DenyReason::PoliciesNotLoaded
            | DenyReason::SeveralBoundaries
            | DenyReason::SessionPoliciesRejected => None,
        }
    }
}

impl fmt::Display for DeniedBy {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.reason {
            DenyReason::ExplicitDeny(statement) => {
                write!(formatter, "explicit deny by {statement}")
            }
            DenyReason::ImplicitDeny(policy_type) => {
                write!(formatter, "no {policy_type} allows it")
            }
            DenyReason::Indeterminate(keys) => write!(formatter, "undecided without {keys}"),
            DenyReason::PoliciesUnavailable => formatter
                .write_str("a policy of the caller could not be read when it was last loaded"),
            DenyReason::PoliciesExpired => formatter.write_str(
                "the policies have expired: their source has not confirmed them within `max_age`",
            ),
            DenyReason::PoliciesNotLoaded => {
                formatter.write_str("the policies of the caller are not loaded")
            }
            DenyReason::SeveralBoundaries => formatter
                .write_str("the caller and its roles have different permissions boundaries"),
            DenyReason::SessionPoliciesRejected => formatter.write_str(
                "the session policies of the caller do not agree with the registered catalogs",
            ),
        }
    }
}

/// The reason why a request is denied.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub enum DenyReason {
    /// A `Deny` statement matched.
    ExplicitDeny(StatementId),
    /// No policy of this type allows the request, although one must.
    ImplicitDeny(PolicyType),
    /// The request could not be decided because these keys are unknown.
    Indeterminate(MissingKeys),
    /// A policy of the caller could not be read when the policies were last loaded, so its current content is unknown;
    /// see [`Authorizer::reload`](crate::Authorizer::reload).
    PoliciesUnavailable,
    /// The source has not confirmed the policies within [`max_age`](crate::AuthorizerBuilder::max_age).
    PoliciesExpired,
    /// The policies of the caller come from a source on demand (`source::PrincipalSource`), and are not loaded: the
    /// source failed, or the code could not wait for it.
    PoliciesNotLoaded,
    /// The caller and the [roles](crate::Principal::with_roles) that were added to it have different permissions
    /// boundaries.
    SeveralBoundaries,
    /// The session policies do not agree with the registered catalogs, so that they may not limit what they appear to; see
    /// [`Authorizer::check_session`](crate::Authorizer::check_session).
    SessionPoliciesRejected,
}
