//! The compared policies: all that apply to a request.

use pinpoint_iam::policy::{Document, PolicyKind};
use pinpoint_iam::{Policy, PolicyStack};

/// All policies that apply to the requests of a caller, by type.
///
/// This is a [`PolicyStack`] that owns its policies. A type that is `None` does not limit anything.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct PolicySet {
    /// The identity-based policies.
    pub identity: Vec<Policy>,
    /// The permissions boundary.
    pub permissions_boundary: Option<Vec<Policy>>,
    /// The session policies.
    pub session: Option<Vec<Policy>>,
    /// The resource-based policy.
    pub resource: Option<Policy>,
    /// The policy of the VPC endpoint.
    pub vpc_endpoint: Option<Policy>,
    /// The service control policies, with a list for each level.
    pub service_control: Vec<Vec<Policy>>,
    /// The resource control policies, with a list for each level.
    pub resource_control: Vec<Vec<Policy>>,
}

impl PolicySet {
    /// Creates a set that contains only these identity-based policies.
    pub fn of_identity(policies: impl IntoIterator<Item = Policy>) -> Self {
        Self {
            identity: policies.into_iter().collect(),
            ..Self::default()
        }
    }

    /// Creates a set that contains one policy of the given kind.
    ///
    /// For a policy type that only limits permissions (a boundary, a session policy, a policy of an organization), the set
    /// also contains an identity-based policy called `everything` that allows everything, so that only the limit matters.
    pub fn of_policy(kind: PolicyKind, policy: Policy) -> Self {
        let limited = || Self::of_identity([Policy::new("everything", allow_everything())]);
        match kind {
            PolicyKind::Boundary => Self {
                permissions_boundary: Some(vec![policy]),
                ..limited()
            },
            PolicyKind::Session => Self {
                session: Some(vec![policy]),
                ..limited()
            },
            PolicyKind::ServiceControl => Self {
                service_control: vec![vec![policy]],
                ..limited()
            },
            PolicyKind::ResourceControl => Self {
                resource_control: vec![vec![policy]],
                ..limited()
            },
            PolicyKind::Resource | PolicyKind::RoleTrust => Self {
                resource: Some(policy),
                ..Self::default()
            },
            _ => Self::of_identity([policy]),
        }
    }

    /// Returns the probable kind of a document: resource-based if a statement names principals, identity-based
    /// otherwise.
    pub fn kind_of(document: &Document) -> PolicyKind {
        let mut statements = document.statements().iter();
        match statements.any(|statement| statement.principal().is_some()) {
            true => PolicyKind::Resource,
            false => PolicyKind::IdentityManaged,
        }
    }

    /// Returns the policies as a stack for evaluation.
    pub fn stack(&self) -> PolicyStack<'_> {
        PolicyStack {
            identity: &self.identity,
            permissions_boundary: self.permissions_boundary.as_deref(),
            session: self.session.as_deref(),
            resource: self.resource.as_ref(),
            vpc_endpoint: self.vpc_endpoint.as_ref(),
            service_control: &self.service_control,
            resource_control: &self.resource_control,
        }
    }
}

/// Returns a document that allows everything.
pub(crate) fn allow_everything() -> Document {
    parse(
        r#"{"Version": "2012-10-17", "Statement": {"Effect": "Allow", "Action": "*", "Resource": "*"}}"#,
    )
}

/// Returns the content of the resource control policy `RCPFullAWSAccess`.
pub(crate) fn allow_everything_to_everyone() -> Document {
    parse(
        r#"{"Version": "2012-10-17", "Statement": {"Effect": "Allow", "Principal": "*", "Action": "*", "Resource": "*"}}"#,
    )
}

fn parse(text: &str) -> Document {
    // The texts are valid. As a fallback, a document that denies everything is safe.
    Document::parse(text).unwrap_or_else(|_| Document::deny_everything())
}
