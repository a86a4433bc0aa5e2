//! A log with a record of every decision.
//!
//! A [`Record`] contains the facts that a decision depended on: the caller, the action, the resource, and the condition
//! keys that were *read* with their values. A [`DecisionLog`] writes the records to a [sink](DecisionSink): a file of
//! [lines of JSON](JsonLines), also as [events of OCSF](OcsfEvent), [`tracing`](TracingSink), or a closure. [`RecordedRequest`] converts a record into a
//! request again, so that a decision can be explained afterwards, or made by other policies.
//!
//! # Which decisions are logged
//!
//! - Every check of a [`Guard`](crate::Guard), of an attribute and of [`Authorizer::decide`](crate::Authorizer::decide)
//!   has one record, whether it allows or denies. The checks of `all(..)` and `any(..)` have one record each.
//! - A list has one record with the number of resources or actions that were selected, and does not contain them.
//! - A check that fails because condition keys are not known yet is [undecided](Outcome::Undecided). If it is repeated
//!   when they are known, it has a further record. Checks that the library
//!   itself repeats, with fetched keys or after the body is read, are logged once.
//! - A request that is rejected before the policies are evaluated is not a decision: one without a caller, with an
//!   invalid id, or whose keys could not be fetched.

mod clock;
mod entry;
mod in_place;
mod json;
mod line;
mod log;
mod ocsf;
mod queue;
mod record;
mod recorder;
mod request;
mod requests;
mod sink;

pub(crate) use self::clock::ClockReading;
pub(crate) use self::entry::{
    Entry, EntryAction, EntryResource, EntryResult, NewTexts, names_scope,
};
pub use self::log::{DecisionLog, DecisionLogBuilder, DecisionLogCounts, WhenFull};
pub(crate) use self::log::{Stage, cut_id};
pub use self::ocsf::OcsfEvent;
pub use self::record::{
    Outcome, OutcomeReason, Record, RecordedKey, RecordedKeys, RecordedKind, RecordedList,
    RecordedPolicy, RecordedPrincipal, RecordedRows, RecordedStatement, RecordedValue,
};
pub use self::request::{InvalidRecord, RecordedRequest};
pub use self::requests::RecordedRequests;
pub use self::sink::{DecisionSink, JsonLines, TracingSink};
