//! Dates as Pinpoint writes them.

use jiff::Timestamp;

/// The present moment, to the millisecond: `2026-11-23T05:07:11.250Z`.
pub(crate) fn now() -> String {
    format!("{:.3}", Timestamp::now())
}
