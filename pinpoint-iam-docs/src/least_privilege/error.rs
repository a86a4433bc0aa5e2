//! Errors of least-privilege policies.

use std::fmt;

use pinpoint_iam::arn::InvalidScope;
use pinpoint_iam::policy::{ParseError, PolicyKind};
use pinpoint_iam::resource::InvalidId;

/// The reason why [`LeastPrivilegeBuilder::build`](super::LeastPrivilegeBuilder::build) failed.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub enum LeastPrivilegeError {
    /// There is nothing to grant, but a policy needs at least one statement.
    Nothing,
    /// The scope does not have ARNs: a part of it is missing, or is not valid in an ARN.
    Scope(InvalidScope),
    /// The value for an id is not valid in an ARN.
    Id(InvalidId),
    /// No resource type of the actions has an id with this name.
    UnknownId {
        /// The given name.
        name: String,
        /// The most similar name that exists.
        nearest: Option<&'static str>,
    },
    /// None of the actions has a dependent action with this name.
    UnknownDependentAction {
        /// The given name.
        name: String,
    },
    /// A single action on a single resource exceeds the quota.
    TooLong {
        /// The action.
        action: String,
        /// The kind of policy whose quota is exceeded.
        kind: PolicyKind,
    },
    /// The document is not valid for its kind of policy: a resource that was given for a dependent action is not an
    /// ARN, or policies of the kind cannot grant permissions.
    Refused(ParseError),
}

impl fmt::Display for LeastPrivilegeError {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Nothing => formatter
                .write_str("there is no action to grant; add actions, or routes that require some"),
            Self::Scope(error) => error.fmt(formatter),
            Self::Id(error) => error.fmt(formatter),
            Self::UnknownId { name, nearest } => {
                let name = name.escape_debug();
                write!(formatter, "no resource of these actions has an id `{name}`")?;
                match nearest {
                    Some(nearest) => write!(formatter, "; did you mean `{nearest}`?"),
                    None => Ok(()),
                }
            }
            Self::UnknownDependentAction { name } => write!(
                formatter,
                "none of these actions has the dependent action `{}`",
                name.escape_debug()
            ),
            Self::TooLong { action, kind } => write!(
                formatter,
                "a policy of the kind `{kind}` cannot hold `{action}` with one of its resources"
            ),
            Self::Refused(error) => write!(formatter, "the policy is rejected: {error}"),
        }
    }
}

impl std::error::Error for LeastPrivilegeError {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match self {
            Self::Scope(error) => Some(error),
            Self::Id(error) => Some(error),
            Self::Refused(error) => Some(error),
            Self::Nothing
            | Self::UnknownId { .. }
            | Self::UnknownDependentAction { .. }
            | Self::TooLong { .. } => None,
        }
    }
}
