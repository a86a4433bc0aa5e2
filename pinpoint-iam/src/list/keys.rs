//! Sort keys: texts that have, byte by byte, the order of the numbers, dates and addresses that other texts stand for.
//!
//! A text such as `7.0` cannot be compared as a number by a database: PostgreSQL fails where one row has no number, and
//! SQLite reads the `7` of `7x`. A table that keeps the key next to the text can, with an ordinary index, whatever the
//! types of the database. The key is NULL where the text stands for nothing that the operators compare.
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

/// The key of a number, in the spellings that [conditions](crate::condition) read.
pub fn number(text: &str) -> Option<String> {
    Number::parse(text).map(Number::key)
}

/// The key of a date, in the spellings that [conditions](crate::condition) read.
pub fn date(text: &str) -> Option<String> {
    Date::parse(text).map(Date::key)
}

/// The key of an address. An IPv6 address that is mapped from IPv4 is the IPv4 address.
pub fn address(text: &str) -> Option<String> {
    address_key(text)
}
