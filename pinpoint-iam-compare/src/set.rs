//! What is compared: the policies that have a say in a request.

use pinpoint_iam::policy::{Document, PolicyKind};
use pinpoint_iam::{Policy, PolicyStack};

/// Every policy that has a say in the requests of a caller, by type.
///
/// This is a [`PolicyStack`] that owns its policies. Types that are `None` do not limit anything.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct PolicySet {
    /// The identity-based policies.
    pub identity: Vec<Policy>,
    /// The permissions boundary.
    pub permissions_boundary: Option<Vec<Policy>>,
    /// The session policies.
    pub session: Option<Vec<Policy>>,
    /// The policy of the resource.
    pub resource: Option<Policy>,
    /// The policy of the VPC endpoint.
    pub vpc_endpoint: Option<Policy>,
    /// The service control policies: a list for each level.
    pub service_control: Vec<Vec<Policy>>,
    /// The resource control policies: a list for each level.
    pub resource_control: Vec<Vec<Policy>>,
}

impl PolicySet {
    /// Identity-based policies and nothing else.
    pub fn of_identity(policies: impl IntoIterator<Item = Policy>) -> Self {
        Self {
            identity: policies.into_iter().collect(),
            ..Self::default()
        }
    }

    /// One policy of the given kind.
    ///
    /// Next to a policy of a type that only limits (a boundary, a session policy, a policy of an organisation), an
    /// identity-based policy called `everything` allows everything, so that the limit alone decides.
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

    /// The kind of a document whose kind is not known: resource-based where a statement names principals.
    pub fn kind_of(document: &Document) -> PolicyKind {
        let mut statements = document.statements().iter();
        match statements.any(|statement| statement.principal().is_some()) {
            true => PolicyKind::Resource,
            false => PolicyKind::IdentityManaged,
        }
    }

    /// The policies, as evaluators take them.
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

/// A document that allows everything.
fn allow_everything() -> Document {
    const TEXT: &str = r#"{"Version": "2012-10-17", "Statement": {"Effect": "Allow", "Action": "*", "Resource": "*"}}"#;
    // The text is right; should it ever not be, a document that denies everything is the safe one.
    Document::parse(TEXT).unwrap_or_else(|_| Document::deny_everything())
}
