//! The result of a replay. Results of several files or shards add up.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};

use crate::tally::{MOST_NAMES, Sum, Tally, merge};
use crate::used::UsedPermissions;

/// The maximum number of hours that are counted on their own: about eleven years.
pub(crate) const MOST_HOURS: usize = 100_000;

/// The result for one record.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Change {
    /// The new policies allow the request, and the old ones deny it.
    NewlyAllowed,
    /// The new policies deny the request, and the old ones allow it.
    NewlyDenied,
    /// Both decide the request in the same way.
    Unchanged,
    /// A decision depends on condition keys that the log does not contain.
    Depends,
    /// The record is not a request that can be decided again.
    NotReplayable,
}

impl Change {
    /// All results.
    pub const ALL: [Self; 5] = [
        Self::NewlyAllowed,
        Self::NewlyDenied,
        Self::Unchanged,
        Self::Depends,
        Self::NotReplayable,
    ];

    /// Returns the name for headings: `newly allowed`.
    pub const fn name(self) -> &'static str {
        match self {
            Self::NewlyAllowed => "newly allowed",
            Self::NewlyDenied => "newly denied",
            Self::Unchanged => "unchanged",
            Self::Depends => "depends",
            Self::NotReplayable => "not replayable",
        }
    }

    /// Returns the name of the member of [`Counts`]: `newly_allowed`.
    pub const fn member(self) -> &'static str {
        match self {
            Self::NewlyAllowed => "newly_allowed",
            Self::NewlyDenied => "newly_denied",
            Self::Unchanged => "unchanged",
            Self::Depends => "depends",
            Self::NotReplayable => "not_replayable",
        }
    }
}

/// Numbers of records by result.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Counts {
    /// The number of records, which is the sum of the others.
    pub records: u64,
    /// See [`Change::NewlyAllowed`].
    pub newly_allowed: u64,
    /// See [`Change::NewlyDenied`].
    pub newly_denied: u64,
    /// See [`Change::Unchanged`].
    pub unchanged: u64,
    /// See [`Change::Depends`].
    pub depends: u64,
    /// See [`Change::NotReplayable`].
    pub not_replayable: u64,
}

impl Counts {
    /// Adds a number of records with this result.
    pub const fn add(&mut self, change: Change, records: u64) {
        self.records += records;
        *match change {
            Change::NewlyAllowed => &mut self.newly_allowed,
            Change::NewlyDenied => &mut self.newly_denied,
            Change::Unchanged => &mut self.unchanged,
            Change::Depends => &mut self.depends,
            Change::NotReplayable => &mut self.not_replayable,
        } += records;
    }

    /// Returns the number of records with this result.
    pub const fn of(&self, change: Change) -> u64 {
        match change {
            Change::NewlyAllowed => self.newly_allowed,
            Change::NewlyDenied => self.newly_denied,
            Change::Unchanged => self.unchanged,
            Change::Depends => self.depends,
            Change::NotReplayable => self.not_replayable,
        }
    }
}

impl Sum for Counts {
    fn sum(&mut self, other: Self) {
        self.records += other.records;
        self.newly_allowed += other.newly_allowed;
        self.newly_denied += other.newly_denied;
        self.unchanged += other.unchanged;
        self.depends += other.depends;
        self.not_replayable += other.not_replayable;
    }
}

/// A statement of the old or new policies.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct StatementName {
    /// The name of the policy.
    pub policy: String,
    /// The position of the statement in the document, counted from 1.
    pub number: usize,
    /// The `Sid`, if there is one.
    pub sid: Option<String>,
    /// The type of the policy: `identity-based policy` or `permissions boundary`.
    pub policy_type: String,
}

/// One record, as an example of a result.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Example {
    /// The log file.
    pub file: String,
    /// The number of the record in the file, counted from 1. Empty lines are not counted.
    pub record: u64,
    /// The time of the request; `None` if the record is not a request.
    pub time: Option<String>,
    /// The caller; empty if the record is not a request.
    pub principal: String,
    /// The action; empty if the record is not a request.
    pub action: String,
    /// The ARN of the resource, or `*`; empty if it is unknown or the record is not a request.
    pub resource: String,
    /// The decision of the old policies; empty for a record that cannot be replayed.
    pub old: String,
    /// The decision of the new policies; empty for a record that cannot be replayed.
    pub new: String,
    /// Why the record cannot be replayed; `None` if it can.
    pub reason: Option<String>,
}

/// The numbers of requests that depend on one condition key.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct MissingKey {
    /// The number of requests.
    pub requests: u64,
    /// How many of them had a value that the log does not contain, because the key is masked or the value is too long. For
    /// the others, the service did not read the key or did not know its value.
    pub masked: u64,
}

/// What was read of one log file.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct FileResult {
    /// The number of its records.
    pub records: u64,
    /// The size of the file in bytes, before it was read.
    pub bytes: u64,
    /// Why its end could not be read. What could not be read is counted as one record.
    pub problem: Option<String>,
}

/// The result of a replay.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Report {
    /// The numbers of records.
    pub counts: Counts,
    /// The number of requests that the old policies decide differently from the service. If it is not 0, the service had
    /// other policies, or it has denied requests because its policies were not available.
    pub decided_differently: u64,
    /// The number of records that represent several allowed requests each, because the service has logged a sample.
    pub sampled: u64,
    /// The condition keys that the log does not contain, and on which decisions depend.
    pub missing_keys: BTreeMap<String, MissingKey>,
    /// Why records cannot be replayed, with the number of records.
    pub reasons: BTreeMap<String, u64>,
    /// The first records with each result except for [`Change::Unchanged`], ordered by file and position.
    pub examples: BTreeMap<Change, BTreeSet<Example>>,
    /// The numbers of records by principal: the ARN of the user or role, or the name of another caller.
    pub principals: Tally<Counts>,
    /// The numbers of records by action.
    pub actions: Tally<Counts>,
    /// The numbers of requests that each statement of the old policies decides.
    #[serde(with = "pairs")]
    pub old_statements: BTreeMap<StatementName, Counts>,
    /// The numbers of requests that each statement of the new policies decides.
    #[serde(with = "pairs")]
    pub new_statements: BTreeMap<StatementName, Counts>,
    /// The permissions that the requests have used, if the replay
    /// [collects](crate::Replay::with_used_permissions) them.
    pub used: Option<UsedPermissions>,
    /// The numbers of records by hour, as in `2026-11-29T03`.
    pub hours: Tally<Counts>,
    /// The log files.
    pub files: BTreeMap<String, FileResult>,
}

impl Report {
    /// Adds the result for another part of the log. `examples` is the number of examples of each result that are kept.
    pub fn merge(&mut self, other: Self, examples: usize) {
        self.counts.sum(other.counts);
        self.decided_differently += other.decided_differently;
        self.sampled += other.sampled;
        for (key, more) in other.missing_keys {
            let known = self.missing_keys.entry(key).or_default();
            known.requests += more.requests;
            known.masked += more.masked;
        }
        for (reason, records) in other.reasons {
            *self.reasons.entry(reason).or_default() += records;
        }
        for (change, more) in other.examples {
            let kept = self.examples.entry(change).or_default();
            kept.extend(more);
            while kept.len() > examples {
                kept.pop_last();
            }
        }
        merge(&mut self.principals, other.principals, MOST_NAMES);
        merge(&mut self.actions, other.actions, MOST_NAMES);
        merge(&mut self.hours, other.hours, MOST_HOURS);
        for (all, more) in [
            (&mut self.old_statements, other.old_statements),
            (&mut self.new_statements, other.new_statements),
        ] {
            for (statement, counts) in more {
                all.entry(statement).or_default().sum(counts);
            }
        }
        if let Some(used) = other.used {
            let known = self.used.get_or_insert_default();
            known.granted.extend(used.granted);
            known.undecided.extend(used.undecided);
            merge(&mut known.callers, used.callers, MOST_NAMES);
        }
        self.files.extend(other.files);
    }
}

/// A map whose keys are not texts, as a list of pairs.
mod pairs {
    use std::collections::BTreeMap;

    use serde::{Deserialize, Deserializer, Serializer};

    use super::{Counts, StatementName};

    type Map = BTreeMap<StatementName, Counts>;

    pub(super) fn serialize<S: Serializer>(map: &Map, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_seq(map)
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Map, D::Error> {
        let pairs: Vec<(StatementName, Counts)> = Vec::deserialize(deserializer)?;
        Ok(pairs.into_iter().collect())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The members have the names that the counts have in JSON.
    #[test]
    fn changes_are_members_of_the_counts() {
        for change in Change::ALL {
            let mut counts = Counts::default();
            counts.add(change, 3);
            assert_eq!((counts.records, counts.of(change)), (3, 3));
            let json = serde_json::to_value(counts).unwrap();
            assert_eq!(json[change.member()], 3);
        }
    }

    #[test]
    fn the_first_examples_are_kept() {
        let example = |record| Example {
            file: "a".to_owned(),
            record,
            time: None,
            principal: String::new(),
            action: String::new(),
            resource: String::new(),
            old: String::new(),
            new: String::new(),
            reason: None,
        };
        let mut report = Report::default();
        for record in [5, 3, 4, 1] {
            let mut part = Report::default();
            let examples = part.examples.entry(Change::Depends).or_default();
            examples.insert(example(record));
            report.merge(part, 2);
        }
        let kept = report.examples[&Change::Depends].iter();
        assert_eq!(
            kept.map(|example| example.record).collect::<Vec<_>>(),
            [1, 3]
        );
    }
}
