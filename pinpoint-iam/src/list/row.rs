//! Rows in memory.

use std::collections::HashMap;
use std::fmt;
use std::net::IpAddr;
use std::time::SystemTime;

/// The value of a column in a row.
#[derive(Clone, Copy, Debug, PartialEq)]
#[non_exhaustive]
pub enum Cell<'r> {
    /// NULL.
    Null,
    /// A text; also the text of a number, a point in time or an address in a column of such a type.
    Text(&'r str),
    /// A whole number, or the number that represents a date.
    Integer(i64),
    /// A Boolean.
    Bool(bool),
    /// A list of texts.
    List(&'r [String]),
    /// A point in time.
    Time(SystemTime),
    /// An address.
    Address(IpAddr),
}

/// A row in memory, for [`Predicate::admits`](super::Predicate::admits).
pub trait Row {
    /// Returns the value of the column with this name; `None` if the row does not have the column.
    fn cell(&self, column: &str) -> Option<Cell<'_>>;
}

/// The reason why a row could not be compared.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RowError {
    column: String,
    is_missing: bool,
}

impl RowError {
    pub(super) fn missing(column: &str) -> Self {
        Self {
            column: column.to_owned(),
            is_missing: true,
        }
    }

    pub(super) fn of_type(column: &str) -> Self {
        Self {
            column: column.to_owned(),
            is_missing: false,
        }
    }

    /// Returns the name of the column.
    pub fn column(&self) -> &str {
        &self.column
    }
}

impl fmt::Display for RowError {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let column = self.column.escape_debug();
        match self.is_missing {
            true => write!(formatter, "the row has no column `{column}`"),
            false => write!(
                formatter,
                "the column `{column}` of the row has a value of another type than its mapping declares"
            ),
        }
    }
}

impl std::error::Error for RowError {}

/// A [`Cell`] that owns its value.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub enum OwnedCell {
    /// NULL.
    Null,
    /// A text.
    Text(String),
    /// A whole number.
    Integer(i64),
    /// A Boolean.
    Bool(bool),
    /// A list of texts.
    List(Vec<String>),
    /// A point in time.
    Time(SystemTime),
    /// An address.
    Address(IpAddr),
}

impl Row for HashMap<String, OwnedCell> {
    fn cell(&self, column: &str) -> Option<Cell<'_>> {
        Some(match self.get(column)? {
            OwnedCell::Null => Cell::Null,
            OwnedCell::Text(text) => Cell::Text(text),
            OwnedCell::Integer(number) => Cell::Integer(*number),
            OwnedCell::Bool(value) => Cell::Bool(*value),
            OwnedCell::List(elements) => Cell::List(elements),
            OwnedCell::Time(time) => Cell::Time(*time),
            OwnedCell::Address(address) => Cell::Address(*address),
        })
    }
}
