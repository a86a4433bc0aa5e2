//! The errors of lists.

use std::fmt;

use super::columns::InvalidName;
use crate::arn::InvalidScope;
use crate::context::ConditionKey;
use crate::resource::ResourceTypeMetadata;

/// The reason why a [`Constraint`](super::Constraint) cannot be computed or written as SQL.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ListError(Cause);

#[derive(Clone, Debug, PartialEq, Eq)]
enum Cause {
    Unknown(ConditionKey),
    Scope(InvalidScope),
    Ids {
        resource_type: &'static str,
        wanted: usize,
        given: usize,
    },
    Name(InvalidName),
    Type {
        column: String,
        type_name: &'static str,
    },
    WithoutType,
    /// No table of the query contains the column.
    WithoutTable(String),
}

impl ListError {
    pub(super) const fn unknown(key: ConditionKey) -> Self {
        Self(Cause::Unknown(key))
    }

    pub(super) fn ids(resource_type: &'static ResourceTypeMetadata, given: usize) -> Self {
        Self(Cause::Ids {
            resource_type: resource_type.type_name,
            wanted: resource_type.fields.len(),
            given,
        })
    }

    /// SQLite does not have the type of a column.
    pub(super) fn not_in_sqlite(column: &str, type_name: &'static str) -> Self {
        Self(Cause::Type {
            column: column.to_owned(),
            type_name,
        })
    }

    pub(super) const fn without_type() -> Self {
        Self(Cause::WithoutType)
    }

    pub(super) fn without_table(column: &str) -> Self {
        Self(Cause::WithoutTable(column.to_owned()))
    }

    /// Returns the unknown key of the request, if it is the reason.
    pub const fn unknown_key(&self) -> Option<&ConditionKey> {
        match &self.0 {
            Cause::Unknown(key) => Some(key),
            Cause::Scope(_)
            | Cause::Ids { .. }
            | Cause::Name(_)
            | Cause::Type { .. }
            | Cause::WithoutType
            | Cause::WithoutTable(_) => None,
        }
    }
}

impl From<InvalidScope> for ListError {
    fn from(error: InvalidScope) -> Self {
        Self(Cause::Scope(error))
    }
}

impl From<InvalidName> for ListError {
    fn from(error: InvalidName) -> Self {
        Self(Cause::Name(error))
    }
}

impl fmt::Display for ListError {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.0 {
            Cause::Unknown(key) => write!(
                formatter,
                "the list depends on the condition key `{key}` of the request, which is unknown; supply it, or give it a column"
            ),
            Cause::Scope(error) => error.fmt(formatter),
            Cause::Ids {
                resource_type,
                wanted,
                given,
            } => write!(
                formatter,
                "`{resource_type}` has {wanted} fields, and {given} columns are given for them"
            ),
            Cause::Name(error) => error.fmt(formatter),
            Cause::Type { column, type_name } => write!(
                formatter,
                "the column `{}` has the type `{type_name}`, which SQLite does not have; use a text column with a sort key",
                column.escape_debug()
            ),
            Cause::WithoutType => formatter.write_str("a list needs a resource type with an ARN"),
            Cause::WithoutTable(column) => write!(
                formatter,
                "the column `{}` is in none of the tables; pass its table, with `AS` and the name that qualifies the column",
                column.escape_debug()
            ),
        }
    }
}

impl std::error::Error for ListError {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match &self.0 {
            Cause::Scope(error) => Some(error),
            Cause::Unknown(_)
            | Cause::Ids { .. }
            | Cause::Name(_)
            | Cause::Type { .. }
            | Cause::WithoutType
            | Cause::WithoutTable(_) => None,
        }
    }
}
