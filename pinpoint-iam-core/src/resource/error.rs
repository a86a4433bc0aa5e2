//! The reasons why an id or an ARN is rejected.

use std::fmt;

use crate::arn::InvalidArn;

/// An id that is not valid in an ARN.
///
/// The web layer responds with status 400. No policy is evaluated, and no other ARN is tried.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct InvalidId {
    resource_type: &'static str,
    field: &'static str,
    reason: InvalidIdReason,
}

impl InvalidId {
    pub(crate) const fn new(
        resource_type: &'static str,
        field: &'static str,
        reason: InvalidIdReason,
    ) -> Self {
        Self {
            resource_type,
            field,
            reason,
        }
    }

    /// The resource type whose constructor rejected the id, for example `campaign`.
    pub const fn resource_type(&self) -> &'static str {
        self.resource_type
    }

    /// The field whose value was rejected, for example `campaign_id`.
    pub const fn field(&self) -> &'static str {
        self.field
    }

    /// The reason why the value was rejected.
    pub const fn reason(&self) -> &InvalidIdReason {
        &self.reason
    }
}

impl fmt::Display for InvalidId {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            formatter,
            "`{}` of the resource type `{}` {}",
            self.field, self.resource_type, self.reason
        )
    }
}

impl std::error::Error for InvalidId {}

/// The reason why an id is rejected.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum InvalidIdReason {
    /// The value is empty.
    Empty,
    /// The value is `.` or `..`.
    Dots,
    /// The value contains a character that the field does not accept.
    Character(char),
    /// The value is longer than the field accepts.
    TooLong {
        /// The maximum length, in bytes.
        limit: usize,
    },
    /// The value is not one of the names that the field accepts.
    NotOneOf(&'static [&'static str]),
    /// There are more or fewer ids than the ARN needs. The generated constructors cannot cause this error.
    Count {
        /// The number of ids in the ARN.
        expected: usize,
    },
    /// The value differs from the one that the action fixes.
    NotPinned(&'static str),
}

impl fmt::Display for InvalidIdReason {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Empty => formatter.write_str("is empty"),
            Self::Dots => formatter.write_str("is a relative path segment"),
            Self::Character(character) => {
                write!(
                    formatter,
                    "contains the character `{}`, which is not allowed",
                    character.escape_debug()
                )
            }
            Self::TooLong { limit } => write!(formatter, "is longer than {limit} bytes"),
            Self::NotOneOf(names) => {
                formatter.write_str("is not one of ")?;
                for (index, name) in names.iter().enumerate() {
                    let separator = if index == 0 { "" } else { ", " };
                    write!(formatter, "{separator}`{name}`")?;
                }
                Ok(())
            }
            Self::Count { expected } => {
                write!(formatter, "are not the {expected} that it has")
            }
            Self::NotPinned(value) => write!(
                formatter,
                "is not `{value}`, the value that the action fixes"
            ),
        }
    }
}

/// An ARN that does not belong to a resource type.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum ResourceMismatch {
    /// The text is not an ARN.
    NotAnArn(InvalidArn),
    /// The ARN does not follow the template of the resource type.
    OtherTemplate {
        /// The template that was expected.
        template: &'static str,
    },
    /// The ARN has a different partition, region or account than the scope.
    OtherScope,
    /// The ARN follows the template, but one of its fields is rejected.
    InvalidId(InvalidId),
}

impl fmt::Display for ResourceMismatch {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NotAnArn(error) => error.fmt(formatter),
            Self::OtherTemplate { template } => {
                write!(formatter, "the ARN does not follow `{template}`")
            }
            Self::OtherScope => {
                formatter.write_str("the ARN is of another partition, region or account")
            }
            Self::InvalidId(error) => error.fmt(formatter),
        }
    }
}

impl std::error::Error for ResourceMismatch {}
