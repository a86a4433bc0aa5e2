//! The policies that apply to a request.

use std::fmt;
use std::sync::Arc;

use pinpoint_iam_core::__private::OneLine;

use crate::policy::Document;

/// A policy document with the name by which decisions cite it. Cheap to clone.
#[derive(Clone, PartialEq)]
pub struct Policy(Arc<Named>);

#[derive(PartialEq)]
struct Named {
    name: Box<str>,
    document: Document,
}

impl Policy {
    /// Creates a policy. `name` should help readers to find it, such as a file name or a policy ARN.
    pub fn new(name: &str, document: Document) -> Self {
        Self(Arc::new(Named {
            name: name.into(),
            document,
        }))
    }

    /// Placeholder for a statement reference that cannot be resolved. Unreachable in practice.
    pub(crate) fn unavailable() -> Self {
        Self::new("a policy that is lost", Document::deny_everything())
    }

    /// The boundary of a user or role for whom the source of the boundaries has none.
    #[cfg(any(feature = "refresh", feature = "on-demand"))]
    pub(crate) fn missing_boundary() -> Self {
        Self::new("no boundary in its source", Document::deny_everything())
    }

    /// Returns the name by which decisions cite the policy.
    pub fn name(&self) -> &str {
        &self.0.name
    }

    /// Whether both are clones of one policy.
    pub(crate) fn is(&self, other: &Self) -> bool {
        Arc::ptr_eq(&self.0, &other.0)
    }

    /// Returns the identity of the policy: equal for clones, distinct among live policies.
    pub(crate) fn address(&self) -> usize {
        Arc::as_ptr(&self.0).addr()
    }

    /// The document.
    pub fn document(&self) -> &Document {
        &self.0.document
    }
}

impl fmt::Debug for Policy {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "Policy({})", OneLine(self.name()))
    }
}

/// The types of policy, in evaluation order.
///
/// See [policy types](https://docs.aws.amazon.com/IAM/latest/UserGuide/access_policies.html#access_policy-types).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum PolicyType {
    /// Limits the permissions to resources of an organization, for all callers.
    ResourceControl,
    /// Limits the permissions of an organization's accounts.
    ServiceControl,
    /// Limits the requests through a VPC endpoint.
    VpcEndpoint,
    /// Attached to a resource, and names principals.
    Resource,
    /// Attached to a user, its groups, or a role.
    Identity,
    /// Limits the permissions of a user or role.
    PermissionsBoundary,
    /// Limits the permissions of a session.
    Session,
}

impl PolicyType {
    /// Returns the name for headings: `identity-based policy`.
    pub const fn name(self) -> &'static str {
        match self {
            Self::ResourceControl => "resource control policy",
            Self::ServiceControl => "service control policy",
            Self::VpcEndpoint => "VPC endpoint policy",
            Self::Resource => "resource-based policy",
            Self::Identity => "identity-based policy",
            Self::PermissionsBoundary => "permissions boundary",
            Self::Session => "session policy",
        }
    }

    /// Whether policies of this type have a principal element.
    pub(crate) const fn names_principals(self) -> bool {
        matches!(
            self,
            Self::Resource | Self::ResourceControl | Self::VpcEndpoint
        )
    }
}

impl fmt::Display for PolicyType {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(self.name())
    }
}

/// The policies that apply to one request, by type.
///
/// A type that is `None`, or an organization without levels, does not limit the request. A type that is present but has
/// no policies does not allow anything.
#[derive(Clone, Copy, Debug, Default)]
pub struct PolicyStack<'a> {
    /// The identity-based policies of the user and its groups, or of the role.
    pub identity: &'a [Policy],
    /// The permissions boundary of the user or role.
    pub permissions_boundary: Option<&'a [Policy]>,
    /// The session policies of the session.
    pub session: Option<&'a [Policy]>,
    /// The policy attached to the resource.
    pub resource: Option<&'a Policy>,
    /// The policy of the VPC endpoint that the request uses.
    pub vpc_endpoint: Option<&'a Policy>,
    /// The service control policies of the caller's account, with one list for each level from the root to the account.
    pub service_control: &'a [Vec<Policy>],
    /// The resource control policies of the resource's account, by level.
    pub resource_control: &'a [Vec<Policy>],
}
