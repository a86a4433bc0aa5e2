//! Records of decisions.
//!
//! A [`Record`] contains the facts that a decision depended on: the caller, the action, the resource, and the condition
//! keys that were *read* with their values. [`RecordedRequest`] converts it into a request again, so that a decision can be
//! explained afterwards, or made by other policies.

mod record;
mod request;

pub use self::record::{
    Outcome, OutcomeReason, Record, RecordedKey, RecordedKeys, RecordedKind, RecordedList,
    RecordedPolicy, RecordedPrincipal, RecordedRows, RecordedStatement, RecordedValue,
};
pub use self::request::{InvalidRecord, RecordedRequest};
