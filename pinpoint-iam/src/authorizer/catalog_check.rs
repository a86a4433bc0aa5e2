//! Finds elements of the policies that do not agree with the registered catalogs.

use std::fmt;

use pinpoint_iam_core::__private::Quoted;
use pinpoint_iam_core::catalog::{CatalogChecker, Finding, Subject};

use crate::absence::AbsenceRules;
use crate::context::{ConditionKey, covers};
use crate::policy::Position;
use crate::policy_stack::Policy;

/// An element of a policy that does not agree with a registered catalog, and therefore has no effect.
///
/// These are actions that do not exist, ARNs on which no action of their statement acts, and condition keys that the
/// service does not define or that no action of the statement has. Services without a registered
/// [catalog](crate::AuthorizerBuilder::catalog) are not checked. `include_policy!` reports the same mismatches at compile
/// time.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CatalogMismatch {
    policy: String,
    position: Position,
    message: String,
    hint: String,
    disables_limit: bool,
}

impl CatalogMismatch {
    fn of(finding: Finding, policy: &Policy, only_limits: bool) -> Self {
        Self {
            policy: policy.name().to_owned(),
            position: finding.position,
            disables_limit: finding.disables_limit(only_limits),
            message: finding.message,
            hint: finding.hint,
        }
    }

    /// Returns the name of the policy.
    pub fn policy(&self) -> &str {
        &self.policy
    }

    /// Returns the position of the element.
    pub const fn position(&self) -> Position {
        self.position
    }

    /// Returns what is wrong.
    pub fn message(&self) -> &str {
        &self.message
    }

    /// Returns what to do about it.
    pub fn hint(&self) -> &str {
        &self.hint
    }

    /// Whether the element is in a `Deny`, a `NotAction`, a `NotResource`, a permissions boundary or a session policy.
    /// Access may then be wider than the author of the policy intended. In other elements, the policy grants less than it
    /// appears to.
    pub const fn disables_limit(&self) -> bool {
        self.disables_limit
    }
}

impl fmt::Display for CatalogMismatch {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self {
            policy,
            position,
            message,
            hint,
            ..
        } = self;
        write!(
            formatter,
            "policy {}, {position}: {message}; {hint}",
            Quoted(policy)
        )
    }
}

/// Which [mismatches](CatalogMismatch) between policies and catalogs are errors. The others are warnings.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum MismatchLevel {
    /// None.
    Warn,
    /// Those that may [disable a limit](CatalogMismatch::disables_limit), such as a `Deny`.
    RejectDisabledLimits,
    /// All.
    RejectAll,
}

impl MismatchLevel {
    /// Whether a mismatch is an error.
    pub(super) const fn rejects(self, mismatch: &CatalogMismatch) -> bool {
        match self {
            Self::Warn => false,
            Self::RejectDisabledLimits => mismatch.disables_limit,
            Self::RejectAll => true,
        }
    }
}

/// Returns the mismatches between `policies`, of which some only limit access, and the registered catalogs, ordered by
/// policy and position.
///
/// The application may use keys that no catalog defines: those that it declares absent or `supplied`.
pub(super) fn mismatches(
    policies: &[(&Policy, bool)],
    rules: &AbsenceRules,
    supplied: &[ConditionKey],
) -> Vec<CatalogMismatch> {
    let checker = CatalogChecker::new(rules.services());
    let is_declared = |key: &ConditionKey| {
        rules.is_declared_absent(key) || supplied.iter().any(|supplied| covers(supplied, key))
    };
    let mut mismatches = Vec::new();
    for &(policy, only_limits) in policies {
        let findings = checker.findings(policy.document()).into_iter();
        let findings = findings.filter(|finding| {
            !matches!(&finding.subject, Subject::UnknownConditionKey(key) if is_declared(key))
        });
        mismatches
            .extend(findings.map(|finding| CatalogMismatch::of(finding, policy, only_limits)));
    }
    fn place(mismatch: &CatalogMismatch) -> (&str, Position, &str) {
        (&mismatch.policy, mismatch.position, &mismatch.message)
    }
    mismatches.sort_by(|one: &CatalogMismatch, other| {
        let by_place = place(one).cmp(&place(other));
        by_place.then(other.disables_limit.cmp(&one.disables_limit))
    });
    mismatches.dedup_by(|later, first| place(later) == place(first));
    mismatches
}

/// The mismatches for which an authorizer rejects the policies.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CatalogMismatches(pub(super) Vec<CatalogMismatch>);

impl CatalogMismatches {
    /// Returns the mismatches.
    pub fn mismatches(&self) -> &[CatalogMismatch] {
        &self.0
    }
}

impl fmt::Display for CatalogMismatches {
    /// Writes one line for each mismatch.
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, mismatch) in self.0.iter().enumerate() {
            if index > 0 {
                formatter.write_str("\n")?;
            }
            mismatch.fmt(formatter)?;
        }
        Ok(())
    }
}
