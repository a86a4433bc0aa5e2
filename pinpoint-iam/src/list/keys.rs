//! Sort keys: texts whose byte order is the order of the numbers, dates and addresses that other texts represent.
//!
//! A database cannot compare a text such as `7.0` as a number: PostgreSQL fails if one row does not contain a number,
//! and SQLite reads the `7` of `7x`. If the table stores the sort key next to the text, an ordinary index can be used,
//! regardless of the types of the database. The key is `None`, which is stored as NULL, if the text does not represent
//! a value that the operators compare.
//!
//! ```
//! use pinpoint_iam::list::keys;
//!
//! assert_eq!(keys::number("7.0"), keys::number("07"));
//! assert!(keys::number("-10") < keys::number("9"));
//! assert_eq!(keys::number("7x"), None);
//! assert_eq!(keys::date("2026-01-01"), keys::date("2025-12-31T19:00:00-05:00"));
//! assert_eq!(keys::address("2001:DB8::1"), keys::address("2001:db8:0::1"));
//! ```

use crate::condition::residual::{Date, Number, address_key};

/// Returns the sort key of a number, in the spellings that [conditions](crate::condition) accept.
pub fn number(text: &str) -> Option<String> {
    Number::parse(text).map(Number::key)
}

/// Returns the sort key of a date, in the spellings that [conditions](crate::condition) accept.
pub fn date(text: &str) -> Option<String> {
    Date::parse(text).map(Date::key)
}

/// Returns the sort key of an address. An IPv6 address that is mapped from IPv4 is the IPv4 address.
pub fn address(text: &str) -> Option<String> {
    address_key(text)
}
