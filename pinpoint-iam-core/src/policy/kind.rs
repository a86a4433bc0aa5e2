//! The kinds of policies, and the rules in which they differ.

use std::fmt;
use std::str::FromStr;

use crate::quoted::Quoted;
use crate::suggest::nearest;

/// The kind of a policy: what it is attached to, which determines the elements that AWS allows in it.
///
/// Serialized and parsed as the names that [`PolicyKind::name`] returns.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[non_exhaustive]
pub enum PolicyKind {
    /// A managed policy for users, groups and roles.
    IdentityManaged,
    /// A policy embedded in one user.
    IdentityInlineUser,
    /// A policy embedded in one role.
    IdentityInlineRole,
    /// A policy embedded in one group.
    IdentityInlineGroup,
    /// A permissions boundary.
    Boundary,
    /// A policy passed when a session is created.
    Session,
    /// A policy attached to a resource.
    Resource,
    /// The policy that defines which principals may assume a role.
    RoleTrust,
    /// A service control policy of an organization.
    ServiceControl,
    /// A resource control policy of an organization.
    ResourceControl,
}

/// The maximum number of characters of a policy, and the characters that AWS counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Quota {
    /// JSON's white space outside strings is not counted.
    WithoutWhiteSpace(usize),
    /// Every character is counted.
    Everything(usize),
}

impl PolicyKind {
    /// Every kind.
    pub const ALL: &'static [Self] = &[
        Self::IdentityManaged,
        Self::IdentityInlineUser,
        Self::IdentityInlineRole,
        Self::IdentityInlineGroup,
        Self::Boundary,
        Self::Session,
        Self::Resource,
        Self::RoleTrust,
        Self::ServiceControl,
        Self::ResourceControl,
    ];

    /// The name: `identity-managed`, `role-trust`, `scp`.
    pub const fn name(self) -> &'static str {
        match self {
            Self::IdentityManaged => "identity-managed",
            Self::IdentityInlineUser => "identity-inline-user",
            Self::IdentityInlineRole => "identity-inline-role",
            Self::IdentityInlineGroup => "identity-inline-group",
            Self::Boundary => "boundary",
            Self::Session => "session",
            Self::Resource => "resource",
            Self::RoleTrust => "role-trust",
            Self::ServiceControl => "scp",
            Self::ResourceControl => "rcp",
        }
    }

    /// The maximum number of characters of a policy of this kind; `None` if it depends on the service.
    ///
    /// IAM does not count white space. It is not documented whether this includes blanks inside strings; we count them
    /// and exclude only JSON white space. AWS Organizations counts every character. Quotas that AWS applies to a total,
    /// such as all inline policies of one user, are checked for each policy separately. See the quotas of
    /// [IAM](https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_iam-quotas.html) and
    /// [AWS Organizations](https://docs.aws.amazon.com/organizations/latest/userguide/orgs_reference_limits.html).
    pub const fn quota(self) -> Option<usize> {
        match self.counted_quota() {
            Some(Quota::WithoutWhiteSpace(characters) | Quota::Everything(characters)) => {
                Some(characters)
            }
            None => None,
        }
    }

    pub(super) const fn counted_quota(self) -> Option<Quota> {
        match self {
            Self::IdentityManaged | Self::Boundary => Some(Quota::WithoutWhiteSpace(6144)),
            Self::IdentityInlineUser | Self::Session | Self::RoleTrust => {
                Some(Quota::WithoutWhiteSpace(2048))
            }
            Self::IdentityInlineRole => Some(Quota::WithoutWhiteSpace(10_240)),
            Self::IdentityInlineGroup => Some(Quota::WithoutWhiteSpace(5120)),
            Self::ServiceControl => Some(Quota::Everything(10_240)),
            Self::ResourceControl => Some(Quota::Everything(5120)),
            Self::Resource => None,
        }
    }

    /// Whether a new policy of this kind may have the version 2008-10-17, or no version.
    ///
    /// IAM requires 2012-10-17 for new managed policies. Deployment tools commonly create inline and role trust
    /// policies without it, and the default policies of some services' resources are of version 2008-10-17.
    pub(super) const fn may_have_an_old_version(self) -> bool {
        match self {
            Self::IdentityInlineUser
            | Self::IdentityInlineRole
            | Self::IdentityInlineGroup
            | Self::Resource
            | Self::RoleTrust => true,
            Self::IdentityManaged
            | Self::Boundary
            | Self::Session
            | Self::ServiceControl
            | Self::ResourceControl => false,
        }
    }

    /// Whether policies of this kind are passed to the API of IAM or STS, which limits the characters of their text.
    ///
    /// See the pattern of `PolicyDocument` in
    /// [CreatePolicy](https://docs.aws.amazon.com/IAM/latest/APIReference/API_CreatePolicy.html), and that of `Policy`
    /// in [AssumeRole](https://docs.aws.amazon.com/STS/latest/APIReference/API_AssumeRole.html). AWS Organizations and
    /// the services that store resource-based policies have no such pattern.
    pub(super) const fn is_stored_by_iam(self) -> bool {
        match self {
            Self::IdentityManaged
            | Self::IdentityInlineUser
            | Self::IdentityInlineRole
            | Self::IdentityInlineGroup
            | Self::Boundary
            | Self::Session
            | Self::RoleTrust => true,
            Self::Resource | Self::ServiceControl | Self::ResourceControl => false,
        }
    }

    /// The kind with an article, for use in sentences: "a permissions boundary …".
    pub(super) const fn phrase(self) -> &'static str {
        match self {
            Self::IdentityManaged => "a managed policy",
            Self::IdentityInlineUser => "an inline policy of a user",
            Self::IdentityInlineRole => "an inline policy of a role",
            Self::IdentityInlineGroup => "an inline policy of a group",
            Self::Boundary => "a permissions boundary",
            Self::Session => "a session policy",
            Self::Resource => "a resource-based policy",
            Self::RoleTrust => "a role trust policy",
            Self::ServiceControl => "a service control policy",
            Self::ResourceControl => "a resource control policy",
        }
    }
}

impl fmt::Display for PolicyKind {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(self.name())
    }
}

impl FromStr for PolicyKind {
    type Err = UnknownPolicyKind;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        Self::ALL
            .iter()
            .find(|kind| kind.name() == text)
            .copied()
            .ok_or_else(|| UnknownPolicyKind(text.to_owned()))
    }
}

/// A name that is not the name of a [`PolicyKind`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UnknownPolicyKind(String);

impl UnknownPolicyKind {
    /// What is wrong.
    pub fn message(&self) -> String {
        format!("unknown kind of policy {}", Quoted(&self.0))
    }

    /// What to do about it.
    pub fn hint(&self) -> String {
        let names = || PolicyKind::ALL.iter().map(|kind| kind.name());
        match nearest(&self.0, names()) {
            Some(name) => format!("did you mean `{name}`?"),
            None => {
                let names: Vec<String> = names().map(|name| format!("`{name}`")).collect();
                format!("the kinds are {}", names.join(", "))
            }
        }
    }
}

impl fmt::Display for UnknownPolicyKind {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{}; {}", self.message(), self.hint())
    }
}

impl std::error::Error for UnknownPolicyKind {}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_read_back() {
        for kind in PolicyKind::ALL {
            assert_eq!(kind.name().parse(), Ok(*kind));
        }
        assert_eq!(
            "identity-mangaed"
                .parse::<PolicyKind>()
                .unwrap_err()
                .to_string(),
            "unknown kind of policy `identity-mangaed`; did you mean `identity-managed`?"
        );
        assert_eq!(
            "SCP".parse::<PolicyKind>().unwrap_err().to_string(),
            "unknown kind of policy `SCP`; did you mean `scp`?"
        );
    }
}
