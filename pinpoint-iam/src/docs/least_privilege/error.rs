//! Why no policy could be written.

use std::fmt;

use crate::arn::InvalidScope;
use crate::policy::{ParseError, PolicyKind};
use crate::resource::InvalidId;

/// Why [`LeastPrivilegeBuilder::build`](super::LeastPrivilegeBuilder::build) wrote nothing.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub enum LeastPrivilegeError {
    /// There is nothing to grant: a policy has at least one statement.
    Nothing,
    /// The scope has no ARNs: a part of it is missing, or cannot stand in one.
    Scope(InvalidScope),
    /// An id that is to be granted alone cannot stand in an ARN.
    Id(InvalidId),
    /// No resource type that an action acts on has an id of this name.
    UnknownId {
        /// The name that was given.
        name: String,
        /// The nearest one that there is.
        nearest: Option<&'static str>,
    },
    /// None of the actions has a companion of this name.
    UnknownCompanion {
        /// The name that was given.
        name: String,
    },
    /// One action on one resource exceeds the quota.
    TooLong {
        /// The action.
        action: String,
        /// The kind of policy that it is too long for.
        kind: PolicyKind,
    },
    /// The document is none, or no policy of its kind: a resource that was given for a companion is no ARN, or policies of
    /// the kind cannot grant.
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
            Self::UnknownCompanion { name } => write!(
                formatter,
                "none of these actions has the companion `{}`",
                name.escape_debug()
            ),
            Self::TooLong { action, kind } => write!(
                formatter,
                "a policy of the kind `{kind}` cannot hold `{action}` with one of its resources"
            ),
            Self::Refused(error) => write!(formatter, "the policy is refused: {error}"),
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
            | Self::UnknownCompanion { .. }
            | Self::TooLong { .. } => None,
        }
    }
}
