//! Which policies of an organization apply to a caller.

use crate::eval::PolicyType;
use crate::principal::Principal;

/// Which policies of an organization apply to a caller.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Organization {
    /// Service control policies limit the users, roles and root users of member accounts. Services and callers without
    /// credentials are not in an account, so neither an explicit nor an implicit deny applies to them.
    pub(crate) service_control: bool,
    /// Resource control policies limit all callers.
    pub(crate) resource_control: bool,
}

impl Organization {
    /// Returns which ones apply to `principal`.
    ///
    /// Neither type limits service-linked roles, see
    /// [service control policies](https://docs.aws.amazon.com/organizations/latest/userguide/orgs_manage_policies_scps.html#scp-effects-on-permissions)
    /// and
    /// [resource control policies](https://docs.aws.amazon.com/organizations/latest/userguide/orgs_manage_policies_rcps.html#actions-not-restricted-by-rcps).
    /// Whether a session belongs to a service-linked role follows from the path of the role, which AWS reserves. If the
    /// path is unknown, the policies apply.
    pub(crate) fn of(principal: &Principal) -> Self {
        let resource_control = !principal.has_service_linked_role();
        Self {
            service_control: resource_control && principal.account().is_some(),
            resource_control,
        }
    }

    /// Returns whether policies of this type apply to the caller.
    pub(crate) const fn applies(self, policy_type: PolicyType) -> bool {
        match policy_type {
            PolicyType::ResourceControl => self.resource_control,
            PolicyType::ServiceControl => self.service_control,
            _ => true,
        }
    }
}
