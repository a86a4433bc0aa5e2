//! The members of an event that decide what it means. Everything else is skipped.

use std::borrow::Cow;
use std::time::{Duration, SystemTime};

use serde::Deserialize;
use serde_json::value::RawValue;

/// A member that every event has, and that other logs do not have.
pub(crate) const MARK: &[u8] = b"\"eventSource\"";

/// A text that is borrowed if it contains no escapes.
#[derive(Debug, Deserialize)]
pub(super) struct Text<'a>(#[serde(borrow)] pub(super) Cow<'a, str>);

/// A text that may be missing.
pub(super) type OptionalText<'a> = Option<Text<'a>>;

impl Text<'_> {
    pub(super) fn as_str(&self) -> &str {
        &self.0
    }
}

/// Returns the text of a member that is not empty.
pub(super) fn given<'t>(text: &'t OptionalText<'_>) -> Option<&'t str> {
    let text = text.as_ref().map(Text::as_str);
    text.filter(|text| !text.is_empty())
}

/// An event of CloudTrail.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Event<'a> {
    #[serde(borrow)]
    pub(super) event_time: Text<'a>,
    #[serde(borrow)]
    pub(super) event_source: Text<'a>,
    #[serde(borrow)]
    pub(super) event_name: Text<'a>,
    #[serde(borrow)]
    pub(super) event_type: OptionalText<'a>,
    #[serde(borrow)]
    pub(super) user_identity: UserIdentity<'a>,
    #[serde(borrow)]
    pub(super) aws_region: OptionalText<'a>,
    #[serde(borrow, rename = "sourceIPAddress")]
    pub(super) source_ip_address: OptionalText<'a>,
    #[serde(borrow)]
    pub(super) user_agent: OptionalText<'a>,
    #[serde(borrow)]
    pub(super) error_code: OptionalText<'a>,
    #[serde(borrow)]
    pub(super) error_message: OptionalText<'a>,
    #[serde(borrow)]
    pub(super) request_parameters: Option<&'a RawValue>,
    #[serde(borrow)]
    pub(super) resources: Option<Vec<EventResource<'a>>>,
    #[serde(borrow)]
    pub(super) vpc_endpoint_id: OptionalText<'a>,
    #[serde(borrow)]
    pub(super) vpc_endpoint_account_id: OptionalText<'a>,
    #[serde(borrow)]
    pub(super) tls_details: Option<TlsDetails<'a>>,
}

/// The caller.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct UserIdentity<'a> {
    #[serde(borrow, rename = "type")]
    pub(super) kind: OptionalText<'a>,
    #[serde(borrow)]
    pub(super) principal_id: OptionalText<'a>,
    #[serde(borrow)]
    pub(super) arn: OptionalText<'a>,
    /// The service that has made the request.
    #[serde(borrow)]
    pub(super) invoked_by: OptionalText<'a>,
    #[serde(borrow)]
    pub(super) session_context: Option<SessionContext<'a>>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct SessionContext<'a> {
    #[serde(borrow)]
    pub(super) session_issuer: Option<SessionIssuer<'a>>,
    #[serde(borrow)]
    pub(super) attributes: Option<SessionAttributes<'a>>,
    #[serde(borrow)]
    pub(super) source_identity: OptionalText<'a>,
}

#[derive(Debug, Deserialize)]
pub(super) struct SessionIssuer<'a> {
    #[serde(borrow)]
    pub(super) arn: OptionalText<'a>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct SessionAttributes<'a> {
    #[serde(borrow)]
    pub(super) creation_date: OptionalText<'a>,
    #[serde(borrow)]
    pub(super) mfa_authenticated: OptionalText<'a>,
}

/// A resource of the request.
#[derive(Debug, Deserialize)]
pub(super) struct EventResource<'a> {
    #[serde(borrow, rename = "ARN", alias = "arn")]
    pub(super) arn: OptionalText<'a>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct TlsDetails<'a> {
    #[serde(borrow)]
    pub(super) tls_version: OptionalText<'a>,
}

impl<'a> Event<'a> {
    /// Reads an event from JSON.
    pub(crate) fn parse(text: &'a str) -> Result<Self, serde_json::Error> {
        serde_json::from_str(text)
    }

    /// Whether the request was allowed; `None` if it failed for another reason than its permissions.
    pub(super) fn is_allowed(&self) -> Option<bool> {
        match given(&self.error_code) {
            None => Some(true),
            Some(
                "AccessDenied"
                | "AccessDeniedException"
                | "UnauthorizedOperation"
                | "Client.UnauthorizedOperation",
            ) => Some(false),
            Some(_) => None,
        }
    }

    /// The time of the request.
    pub(super) fn time(&self) -> Option<SystemTime> {
        let seconds = seconds(self.event_time.as_str())?;
        SystemTime::UNIX_EPOCH.checked_add(Duration::from_secs(seconds))
    }
}

/// The seconds since 1970 at a time such as `2026-11-29T03:00:00Z`, the only form that events have.
pub(super) fn seconds(time: &str) -> Option<u64> {
    let bytes = time.as_bytes();
    let number = |from: usize, to: usize| -> Option<u64> {
        bytes.get(from..to)?.iter().try_fold(0, |number, byte| {
            let digit = byte.is_ascii_digit().then(|| u64::from(byte - b'0'))?;
            Some(number * 10 + digit)
        })
    };
    let separators = [
        (4, b'-'),
        (7, b'-'),
        (10, b'T'),
        (13, b':'),
        (16, b':'),
        (19, b'Z'),
    ];
    let has_form = bytes.len() == 20
        && separators
            .iter()
            .all(|(place, separator)| bytes.get(*place) == Some(separator));
    let (year, month, day) = (number(0, 4)?, number(5, 7)?, number(8, 10)?);
    let (hour, minute, second) = (number(11, 13)?, number(14, 16)?, number(17, 19)?);
    let is_leap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
    let longest = match month {
        2 => 28 + u64::from(is_leap),
        4 | 6 | 9 | 11 => 30,
        _ => 31,
    };
    let is_valid = has_form
        && year >= 1970
        && (1..=12).contains(&month)
        && (1..=longest).contains(&day)
        && hour < 24
        && minute < 60
        && second < 60;
    if !is_valid {
        return None;
    }
    // The years start in March, so that the leap day is the last day of one.
    let years = year - u64::from(month < 3);
    let day_of_year = (153 * ((month + 9) % 12) + 2) / 5 + day - 1;
    let days = years * 365 + years / 4 - years / 100 + years / 400 + day_of_year;
    /// The days from the start of the year 0 to 1970.
    const DAYS_TO_1970: u64 = 719_468;
    Some(((days.checked_sub(DAYS_TO_1970)? * 24 + hour) * 60 + minute) * 60 + second)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_seconds_since_1970() {
        for (text, expected) in [
            ("1970-01-01T00:00:00Z", Some(0)),
            ("1970-03-01T00:00:01Z", Some(59 * 86_400 + 1)),
            ("2000-02-29T12:00:00Z", Some(951_825_600)),
            ("2018-02-03T00:56:48Z", Some(1_517_619_408)),
            ("2026-11-29T03:10:05Z", Some(1_795_921_805)),
            ("2026-02-29T03:10:05Z", None),
            ("2100-02-29T00:00:00Z", None),
            ("2026-13-01T00:00:00Z", None),
            ("2026-00-01T00:00:00Z", None),
            ("2026-01-00T00:00:00Z", None),
            ("2026-04-31T00:00:00Z", None),
            ("2026-01-01T24:00:00Z", None),
            ("2026-01-01T00:60:00Z", None),
            ("2026-01-01T00:00:60Z", None),
            ("1969-12-31T23:59:59Z", None),
            ("2026-01-01 00:00:00Z", None),
            ("2026-01-01T00:00:00", None),
            ("2026-01-01T00:00:00.5Z", None),
            ("+026-01-01T00:00:00Z", None),
            ("", None),
        ] {
            assert_eq!(seconds(text), expected, "{text}");
        }
    }
}
