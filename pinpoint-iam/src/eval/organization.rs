//! Which policies of an organization apply to a caller.

use crate::principal::Principal;

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
