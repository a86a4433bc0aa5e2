//! Decides logged requests again, with the policies before and after a change: which requests would be newly allowed, which
//! newly denied, and which decisions depend on facts that the log does not contain?
//!
//! The log is a [decision log](pinpoint_iam::decision_log), as lines of JSON, or consists of events of AWS CloudTrail, as
//! lines or in arrays `Records`. Both may be compressed by gzip.
//!
//! ```
//! use pinpoint_iam::Policy;
//! use pinpoint_iam::policy::Document;
//! use pinpoint_iam_replay::{LogFile, Policies, Progress, Replay};
//!
//! # let path = std::env::temp_dir().join(format!("pinpoint-iam-replay-{}.jsonl", std::process::id()));
//! # std::fs::write(&path, concat!(
//! #     r#"{"v": 1, "time": "2026-11-29T03:00:00Z", "principal": {"arn": "arn:aws:iam::123456789012:user/ana"}, "#,
//! #     r#""action": "mobiletargeting:DeleteApp", "resource": "arn:aws:mobiletargeting:us-east-1:123456789012:apps/a1", "#,
//! #     r#""outcome": "allow", "revision": "7", "ns": 812}"#, "\n",
//! # ))?;
//! let policies = |actions: &str| -> Result<Policies, Box<dyn std::error::Error>> {
//!     let text = format!(
//!         r#"{{"Version": "2012-10-17", "Statement": {{"Effect": "Allow", "Action": "{actions}", "Resource": "*"}}}}"#
//!     );
//!     Ok(Policies::for_everyone([Policy::new("reader", Document::parse(&text)?)])?)
//! };
//! let replay = Replay::new(policies("mobiletargeting:*")?, policies("mobiletargeting:Get*")?);
//! assert!(!replay.is_equal());
//!
//! // A log with one request: `ana` has deleted an application.
//! let report = replay.run(&[LogFile::at(&path)?], 2, &Progress::default());
//! # std::fs::remove_file(&path)?;
//! assert_eq!(report.counts.records, 1);
//! assert_eq!(report.counts.newly_denied, 1);
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! # Results
//!
//! Every record has exactly one [result](Change), so the five counts add up to the number of records. Lines that are
//! corrupted, cut off or foreign are records that are not replayable, and so is the rest of a file that cannot be read.
//!
//! A condition key that the service did not read, that is masked, or that was too long is *unknown*. If one of the
//! decisions depends on it, the result is [`Change::Depends`], and the [report](Report::missing_keys) names the key. If the
//! caller has the same policies before and after the change, the result is [`Change::Unchanged`], whatever the values of
//! unknown keys are.
//!
//! # Events of CloudTrail
//!
//! [`Replay::with_services`] names the services whose events are replayed. The catalog of a service translates an event:
//!
//! - The operation is the action of the same name. The dependent actions in the catalog are needed as well; if the event
//!   does not show whether a request needed one, the result may depend on it.
//! - The caller is a user, the session of a role, or the root user. Events of other callers are not replayable: services,
//!   federated users, whose session policies are not in the event, and callers of other accounts.
//! - The resource is the one in `resources`, or has the ids in `requestParameters`. Otherwise it is unknown.
//! - The event contains few condition keys: time, region, address, user agent, VPC endpoint, and tags of the request, and
//!   of the session the time of its creation, whether it has used MFA, and its source identity. All others are unknown.
//!
//! Session policies are not in the events of a role's session either. If requests of sessions with such policies are
//! replayed, [`Report::decided_differently`] counts those that the service has denied because of them.
//!
//! # Object storage
//!
//! With the feature `object-store`, `Bucket` finds the log files in any store of the crate `object_store`. Other places
//! implement [`LogContent`].
//!
//! # Memory
//!
//! Memory does not depend on the length of the logs. A file is read through a buffer, and a record may have at most
//! 4 MiB. The [report](Report) lists the first 10,000 principals and actions by name; the numbers of the others are
//! [added up](Tally::others). It contains one entry for each log file. Each thread keeps the results of up to 32,768
//! requests, for records that request the same again.
//!
//! # Several machines
//!
//! Reports add up. A [shard](Shard) is a part of the log files, and the [partial results](Partial) of all shards are
//! [merged](Partial::merge) into one.
//!
//! A program with its own way to distribute work reads the [parts](LogFile::parts) of files, or has the records already, and
//! decides [single records](Records).

#![cfg_attr(docsrs, feature(doc_cfg))]

mod cloudtrail;
#[cfg(feature = "generate")]
pub mod generate;
mod input;
mod joined;
mod numbers;
#[cfg(feature = "object-store")]
mod objects;
mod partial;
mod policies;
mod reason;
mod records;
mod repeated;
mod replay;
mod report;
mod settings;
mod tally;
mod used;
mod worker;

#[cfg(feature = "object-store")]
pub use object_store;

pub use input::{LogContent, LogFile, LogPart, Progress};
#[cfg(feature = "object-store")]
pub use objects::Bucket;
pub use partial::{InvalidShard, Partial, PartialError, Shard};
pub use policies::Policies;
pub use records::{DecidedRecord, Records};
pub use replay::Replay;
pub use report::{Change, Counts, Example, FileResult, MissingKey, Report, StatementName};
pub use tally::Tally;
pub use used::{UsedAction, UsedByCaller, UsedPermissions, UsedValues};
