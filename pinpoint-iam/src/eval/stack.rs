//! Which policies have a say in a request.

use std::fmt;
use std::sync::Arc;

use pinpoint_iam_core::internal::OneLine;

use crate::policy::Document;
use crate::principal::Principal;

/// A policy document under the name by which decisions cite it. Cheap to clone.
#[derive(Clone, PartialEq)]
pub struct Policy(Arc<Named>);

#[derive(PartialEq)]
struct Named {
    name: Box<str>,
    document: Document,
}

impl Policy {
    /// A policy called `name`: a file name, a policy ARN, whatever lets a reader find it.
    pub fn new(name: &str, document: Document) -> Self {
        Self(Arc::new(Named {
            name: name.into(),
            document,
        }))
    }

    /// What is cited in place of a policy that cannot be found, which does not happen.
    pub(crate) fn lost() -> Self {
        Self::new("a policy that is lost", Document::deny_everything())
    }

    /// The name by which decisions cite the policy.
    pub fn name(&self) -> &str {
        &self.0.name
    }

    /// Whether both are one policy, loaded once.
    pub(crate) fn is(&self, other: &Self) -> bool {
        Arc::ptr_eq(&self.0, &other.0)
    }

    /// The same for two that are one policy, and for no others that are there at the time.
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

/// The types of policy, in the order in which they are looked at.
///
/// See [policy types](https://docs.aws.amazon.com/IAM/latest/UserGuide/access_policies.html#access_policy-types).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum PolicyType {
    /// Limits what an organisation's resources let anybody do.
    ResourceControl,
    /// Limits what an organisation's accounts may do.
    ServiceControl,
    /// Limits what goes through a VPC endpoint.
    VpcEndpoint,
    /// Attached to the resource; names principals.
    Resource,
    /// Attached to the user, its groups, or the role.
    Identity,
    /// Limits what the user or role may do.
    PermissionsBoundary,
    /// Limits what one session may do.
    Session,
}

impl PolicyType {
    /// The name as a heading writes it: `identity-based policy`.
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

    /// Whether policies of the type say whom they are about.
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

/// Every policy that has a say in one request, by type.
///
/// Types that are `None`, and organisations without levels, do not limit the request. A type that is there and holds
/// no policy allows nothing.
#[derive(Clone, Copy, Debug, Default)]
pub struct PolicyStack<'a> {
    /// The identity-based policies of the user and its groups, or of the role.
    pub identity: &'a [Policy],
    /// The permissions boundary of the user or role.
    pub permissions_boundary: Option<&'a [Policy]>,
    /// The policies that the session was opened with.
    pub session: Option<&'a [Policy]>,
    /// The policy attached to the resource.
    pub resource: Option<&'a Policy>,
    /// The policy of the VPC endpoint that the request came through.
    pub vpc_endpoint: Option<&'a Policy>,
    /// The service control policies of the caller's account: a list for each level, root first, account last.
    pub service_control: &'a [Vec<Policy>],
    /// The resource control policies of the resource's account, level by level.
    pub resource_control: &'a [Vec<Policy>],
}

/// Which policies of an organisation have a say in what a caller does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Organization {
    /// Service control policies limit the users, roles and root users of member accounts. A service or a caller without
    /// credentials is in no account, so that neither their `Deny` nor their want of an `Allow` concerns it.
    pub(crate) service_control: bool,
    /// Resource control policies limit everyone.
    pub(crate) resource_control: bool,
}

impl Organization {
    /// Which ones concern `principal`.
    ///
    /// Neither type limits service-linked roles, see
    /// [service control policies](https://docs.aws.amazon.com/organizations/latest/userguide/orgs_manage_policies_scps.html#scp-effects-on-permissions)
    /// and
    /// [resource control policies](https://docs.aws.amazon.com/organizations/latest/userguide/orgs_manage_policies_rcps.html#actions-not-restricted-by-rcps).
    /// That a session is one of such a role follows from the path of the role, which AWS reserves. Where the path is not
    /// known, the policies apply.
    pub(crate) fn of(principal: &Principal) -> Self {
        let resource_control = !principal.has_service_linked_role();
        Self {
            service_control: resource_control && principal.account().is_some(),
            resource_control,
        }
    }
}
