//! Dates in Pinpoint's format.

use jiff::Timestamp;

/// Returns the current time with milliseconds: `2026-11-23T05:07:11.250Z`.
pub(crate) fn now() -> String {
    format!("{:.3}", Timestamp::now())
}
