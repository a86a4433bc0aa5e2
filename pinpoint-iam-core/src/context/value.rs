//! The values of condition keys.

use std::borrow::Cow;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use std::time::SystemTime;

use crate::instant::Instant;

/// One value of a condition key in a request.
///
/// Most values are strings. With the other types, the evaluator does not have to parse, for every decision, a value
/// that the web layer already has in parsed form. Every operator treats a value like its [text](Value::text), so the
/// type does not matter, with one exception: date operators interpret a negative number as seconds before 1970, and its
/// text as a year.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Value {
    /// A string. An empty one counts as a null value.
    Text(String),
    /// `true` or `false`.
    Bool(bool),
    /// A whole number.
    Number(i64),
    /// A point in time.
    Time(SystemTime),
    /// An address. An IPv4-mapped IPv6 address (`::ffff:203.0.113.5`) is the IPv4 address, as it is in strings.
    Address(IpAddr),
}

impl Value {
    /// The value as a string: `true`, `42`, `2026-11-23T05:00:00Z`, `203.0.113.5`.
    pub fn text(&self) -> Cow<'_, str> {
        match self {
            Self::Text(text) => Cow::Borrowed(text),
            Self::Bool(true) => Cow::Borrowed("true"),
            Self::Bool(false) => Cow::Borrowed("false"),
            Self::Number(number) => Cow::Owned(number.to_string()),
            Self::Address(address) => Cow::Owned(address.to_canonical().to_string()),
            Self::Time(time) => Cow::Owned(Instant::from(*time).to_string()),
        }
    }

    /// Whether this is a null value: the empty string, which is also the value of a tag without one.
    pub fn is_null(&self) -> bool {
        matches!(self, Self::Text(text) if text.is_empty())
    }
}

impl From<&str> for Value {
    fn from(text: &str) -> Self {
        Self::Text(text.to_owned())
    }
}

impl From<String> for Value {
    fn from(text: String) -> Self {
        Self::Text(text)
    }
}

impl From<bool> for Value {
    fn from(value: bool) -> Self {
        Self::Bool(value)
    }
}

impl From<i64> for Value {
    fn from(value: i64) -> Self {
        Self::Number(value)
    }
}

impl From<i32> for Value {
    fn from(value: i32) -> Self {
        Self::Number(i64::from(value))
    }
}

impl From<u32> for Value {
    fn from(value: u32) -> Self {
        Self::Number(i64::from(value))
    }
}

impl From<SystemTime> for Value {
    fn from(value: SystemTime) -> Self {
        Self::Time(value)
    }
}

/// Converts an IPv4-mapped IPv6 address (`::ffff:203.0.113.5`), as reported by dual-stack sockets, to the IPv4 address.
/// This is the caller's address, and the form in which policies write their ranges.
impl From<IpAddr> for Value {
    fn from(value: IpAddr) -> Self {
        Self::Address(value.to_canonical())
    }
}

impl From<Ipv4Addr> for Value {
    fn from(value: Ipv4Addr) -> Self {
        Self::from(IpAddr::V4(value))
    }
}

impl From<Ipv6Addr> for Value {
    fn from(value: Ipv6Addr) -> Self {
        Self::from(IpAddr::V6(value))
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    #[test]
    fn values_have_the_text_that_policies_write() {
        let time = SystemTime::UNIX_EPOCH + Duration::new(1_795_410_000, 500_000_000);
        for (value, text) in [
            (Value::from("Ünal"), "Ünal"),
            (Value::from(String::new()), ""),
            (Value::from(true), "true"),
            (Value::from(false), "false"),
            (Value::from(-42), "-42"),
            (Value::from(u32::MAX), "4294967295"),
            (Value::from(i64::MIN), "-9223372036854775808"),
            (Value::from(time), "2026-11-23T05:00:00.5Z"),
            (Value::from(Ipv4Addr::new(203, 0, 113, 5)), "203.0.113.5"),
            (Value::from(Ipv6Addr::LOCALHOST), "::1"),
        ] {
            assert_eq!(value.text(), text);
            assert_eq!(value.is_null(), text.is_empty());
        }
    }

    /// A time that no library can format must not become a null value, because a condition would treat it as null.
    #[test]
    fn a_time_in_the_far_future_has_a_text() {
        let far = SystemTime::UNIX_EPOCH.checked_add(Duration::from_secs(9_000_000_000_000_000));
        let value = Value::from(far.unwrap());
        assert_eq!(value.text(), "285200616-07-24T16:00:00Z");
    }

    #[test]
    fn a_time_before_1970_has_a_text() {
        let before = SystemTime::UNIX_EPOCH.checked_sub(Duration::from_millis(500));
        assert_eq!(
            Value::from(before.unwrap()).text(),
            "1969-12-31T23:59:59.5Z"
        );
    }

    #[test]
    fn a_socket_for_both_families_reports_an_ipv4_address() {
        let mapped = Ipv4Addr::new(203, 0, 113, 5).to_ipv6_mapped();
        assert_eq!(
            Value::from(mapped),
            Value::from(Ipv4Addr::new(203, 0, 113, 5))
        );
        assert_eq!(Value::Address(mapped.into()).text(), "203.0.113.5");
    }
}
