//! Decides single records, for programs that read logs themselves.

use std::fmt;
use std::ops::Deref;
use std::sync::Arc;

use crate::input::{MAX_RECORD, Piece};
use crate::replay::Replay;
use crate::report::Change;
use crate::settings::Settings;
use crate::worker::Worker;

/// Decides one record after the other, in any order and of any log. Each thread has its own.
///
/// ```
/// use std::sync::Arc;
///
/// use pinpoint_iam_replay::{Change, Policies, Replay};
/// # use pinpoint_iam::Policy;
/// # use pinpoint_iam::policy::Document;
///
/// # let policies = |effect: &str| -> Result<Policies, Box<dyn std::error::Error>> {
/// #     let text = format!(r#"{{"Version": "2012-10-17", "Statement": {{"Effect": "{effect}", "Action": "*", "Resource": "*"}}}}"#);
/// #     Ok(Policies::for_everyone([Policy::new("all", Document::parse(&text)?)])?)
/// # };
/// // The old policies allow all actions, and the new ones deny them.
/// let replay = Arc::new(Replay::new(policies("Allow")?, policies("Deny")?));
/// let mut records = replay.records();
/// let record = records.decide(
///     br#"{"v": 1, "time": "2026-11-29T03:00:00Z", "principal": {"arn": "arn:aws:iam::123456789012:user/ana"},
///         "action": "mobiletargeting:GetApp", "resource": "arn:aws:mobiletargeting:us-east-1:123456789012:apps/a1",
///         "outcome": "allow", "revision": "7", "ns": 812}"#,
/// );
/// assert_eq!(record.change, Change::NewlyDenied);
/// assert_eq!((record.old, record.new), (Some(true), Some(false)));
/// assert_eq!(records.decide(b"not a record").change, Change::NotReplayable);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
///
/// The results are those of [`Replay::run`]. Records that request the same again are decided faster, so use one `Records` for
/// many records. Its memory is limited, whatever the records contain.
pub struct Records(Worker<Shared>);

/// A replay that is shared with other threads.
struct Shared(Arc<Replay>);

impl Deref for Shared {
    type Target = Settings;

    fn deref(&self) -> &Settings {
        &self.0.settings
    }
}

/// The result for one record.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct DecidedRecord {
    /// How the decisions differ.
    pub change: Change,
    /// Whether the old policies allow the request. `None` if their decision depends on condition keys that the log does not
    /// contain, and for a record that is not replayable.
    pub old: Option<bool>,
    /// Whether the new policies allow the request. `None` as for the old ones.
    pub new: Option<bool>,
}

impl Replay {
    /// Returns what decides single records.
    pub fn records(self: &Arc<Self>) -> Records {
        Records(Worker::new(Shared(Arc::clone(self))))
    }
}

impl Records {
    /// Decides a record of a decision log or an event of CloudTrail, as JSON. Blanks and a line break around it are ignored.
    ///
    /// A record that is corrupted, cut off, foreign, or longer than 4 MiB is [`Change::NotReplayable`], and so is an empty
    /// one, which a log file does not contain.
    pub fn decide(&mut self, record: &[u8]) -> DecidedRecord {
        let piece = match record.len() > MAX_RECORD {
            true => Piece::TooLong,
            false => Piece::Record(record.trim_ascii()),
        };
        match self.0.piece(0, piece) {
            Some(decided) => DecidedRecord {
                change: decided.change,
                old: decided.old_is_allowed,
                new: decided.new_is_allowed,
            },
            None => DecidedRecord {
                change: Change::NotReplayable,
                old: None,
                new: None,
            },
        }
    }
}

impl fmt::Debug for Records {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("Records").finish_non_exhaustive()
    }
}
