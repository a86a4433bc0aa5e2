//! Functions for [Apache DataFusion](https://datafusion.apache.org) that decide logged requests with IAM policies, and a
//! table of the records of log files. Queries run in one process or on a cluster of
//! [Ballista](https://datafusion.apache.org/ballista).
//!
//! | Function | Result |
//! | --- | --- |
//! | `iam_decide(policies, record)` | `allow`, `deny`, `depends` or `not_replayable` |
//! | `iam_compare(old, new, record)` | `newly_allowed`, `newly_denied`, `unchanged`, `depends` or `not_replayable` |
//!
//! The policies are texts that do not depend on the row: an identity-based policy, which applies to every user and role, or
//! the output of `aws iam get-account-authorization-details`. The record is a record of a decision log or an event of AWS
//! CloudTrail, as text or bytes. `NULL` is a record that cannot be read.
//!
//! The results are those of [`pinpoint_iam_replay`], with the same code. Every record has exactly one result. If policies
//! cannot be read, the query fails.
//!
//! - [`Functions`] registers the functions.
//! - [`LogTable`] is a table with the records of log files, for which `not_replayable` includes what cannot be read.
//! - [`replay`] counts the results for log files and files in Apache Parquet.
//! - [`cluster`] starts schedulers and workers that know the functions and the table.

pub mod cluster;
mod codec;
mod error;
mod files;
mod functions;
mod log_table;
mod objects;
mod policies;
mod replay;

pub use codec::Codec;
pub use functions::Functions;
pub use log_table::{LogTable, RECORD};
pub use replay::{Input, inputs, replay, session};
