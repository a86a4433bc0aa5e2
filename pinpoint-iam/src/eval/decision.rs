//! Results of evaluations.

use std::fmt;
use std::sync::Arc;

use serde::Serialize;
use serde::ser::SerializeStruct;

use pinpoint_iam_core::internal::{OneLine, Quoted};

use crate::context::ConditionKey;
use crate::eval::combine::CombinedDecision;
use crate::eval::compiled::SnapshotGuard;
use crate::eval::stack::{Policy, PolicyType};

/// The result of an evaluation: a decision, or the keys that are needed for one.
#[derive(Clone, Debug, PartialEq)]
#[must_use = "an answer that nobody reads protects nothing"]
pub enum Evaluation {
    /// The request is decided.
    Decided(Decision),
    /// The decision depends on condition keys that are not known yet.
    Indeterminate(MissingKeys),
}

impl Evaluation {
    /// The evaluation for a caller whose policies could not be read.
    pub(crate) const POLICIES_UNAVAILABLE: Self = Self::Decided(Decision::Deny(DeniedBy {
        reason: DenyReason::PoliciesUnavailable,
    }));

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
#[must_use = "a decision that nobody reads protects nothing"]
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
            Self::Deny(by) => write!(formatter, "refused: {by}"),
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
            | DenyReason::PoliciesUnavailable => None,
        }
    }

    /// Returns the type of the policy that denies the request, explicitly or implicitly.
    pub const fn policy_type(&self) -> Option<PolicyType> {
        match &self.reason {
            DenyReason::ExplicitDeny(statement) => Some(statement.policy_type),
            DenyReason::ImplicitDeny(policy_type) => Some(*policy_type),
            DenyReason::Indeterminate(_) | DenyReason::PoliciesUnavailable => None,
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
}

/// A statement that decisions cite. Cheap to clone.
#[derive(Clone)]
pub struct StatementId {
    policy_type: PolicyType,
    place: Place,
}

/// The location of a statement. It is resolved on access, because most decisions are never inspected.
#[derive(Clone)]
enum Place {
    InPolicy {
        policy: Policy,
        index: usize,
    },
    /// In the snapshot that decided the request, which the guard keeps alive.
    InSnapshot {
        lease: SnapshotGuard,
        program: u32,
        statement: u32,
    },
}

impl StatementId {
    /// Creates the id of the statement of `policy` with this index.
    pub(crate) const fn new(policy_type: PolicyType, policy: Policy, index: usize) -> Self {
        Self {
            policy_type,
            place: Place::InPolicy { policy, index },
        }
    }

    /// Creates the id of a statement in a program of the snapshot that `lease` keeps alive.
    pub(crate) const fn leased(
        policy_type: PolicyType,
        lease: SnapshotGuard,
        program: u32,
        statement: u32,
    ) -> Self {
        Self {
            policy_type,
            place: Place::InSnapshot {
                lease,
                program,
                statement,
            },
        }
    }

    /// The type of the policy.
    pub const fn policy_type(&self) -> PolicyType {
        self.policy_type
    }

    /// The policy.
    pub fn policy(&self) -> &Policy {
        self.place().0
    }

    /// Returns the `Sid` of the statement, unless it is missing or empty.
    pub fn sid(&self) -> Option<&str> {
        let (policy, index) = self.place();
        let statement = policy.document().statements().get(index)?;
        statement.sid().filter(|sid| !sid.is_empty())
    }

    /// Returns the position of the statement in the document, counted from 0.
    pub fn index(&self) -> usize {
        self.place().1
    }

    fn place(&self) -> (&Policy, usize) {
        match &self.place {
            Place::InPolicy { policy, index } => (policy, *index),
            Place::InSnapshot {
                lease,
                program,
                statement,
            } => lease.place(*program, *statement),
        }
    }
}

/// Equal if both cite the same statement of equal policies, regardless of how they are stored.
impl PartialEq for StatementId {
    fn eq(&self, other: &Self) -> bool {
        self.policy_type == other.policy_type && self.place() == other.place()
    }
}

impl fmt::Debug for StatementId {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("StatementId")
            .field("policy_type", &self.policy_type)
            .field("policy", self.policy())
            .field("index", &self.index())
            .finish()
    }
}

impl fmt::Display for StatementId {
    /// Writes the type, the policy, and the number of the statement counted from 1, on one line with control characters
    /// escaped.
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (policy, index) = self.place();
        write!(
            formatter,
            "statement {} of the {} `{}`",
            index + 1,
            self.policy_type,
            OneLine(policy.name())
        )?;
        match self.sid() {
            Some(sid) => write!(formatter, " ({})", Quoted(sid)),
            None => Ok(()),
        }
    }
}

impl Serialize for StatementId {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut fields = serializer.serialize_struct("StatementId", 4)?;
        fields.serialize_field("policy_type", self.policy_type.name())?;
        fields.serialize_field("policy", self.policy().name())?;
        fields.serialize_field("sid", &self.sid())?;
        fields.serialize_field("statement", &self.index())?;
        fields.end()
    }
}
