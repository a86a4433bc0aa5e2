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

/// The seconds since 1970 at a time such as `2026-11-29T03:00:00Z`.
pub(super) fn seconds(time: &str) -> Option<u64> {
    let time: jiff::Timestamp = time.parse().ok()?;
    u64::try_from(time.as_second()).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_seconds_since_1970() {
        for (text, expected) in [
            ("1970-01-01T00:00:00Z", Some(0)),
            ("2018-02-03T00:56:48Z", Some(1_517_619_408)),
            ("2026-02-29T03:10:05Z", None),
            ("1969-12-31T23:59:59Z", None),
            ("2026-01-01T00:00:00", None),
            ("", None),
        ] {
            assert_eq!(seconds(text), expected, "{text}");
        }
    }
}
