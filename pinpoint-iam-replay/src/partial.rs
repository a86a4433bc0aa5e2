//! The result for a part of the log files, which is continued later or added to others.

use std::collections::BTreeSet;
use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

use crate::input::LogFile;
use crate::replay::Replay;
use crate::report::Report;

/// The version of the format.
const VERSION: u32 = 1;

/// A part of the log files: each file is in exactly one of the shards.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Shard {
    number: usize,
    of: usize,
}

impl Shard {
    /// All files.
    pub const WHOLE: Self = Self { number: 1, of: 1 };

    /// Creates shard `number`, counted from 1, of `of`.
    ///
    /// # Errors
    ///
    /// Fails if there is no such shard.
    pub const fn new(number: usize, of: usize) -> Result<Self, InvalidShard> {
        match number >= 1 && number <= of {
            true => Ok(Self { number, of }),
            false => Err(InvalidShard(())),
        }
    }

    /// Returns the files of this shard. The order of `files` does not matter.
    pub fn select(self, files: &[LogFile]) -> Vec<LogFile> {
        let mut files: Vec<&LogFile> = files.iter().collect();
        files.sort_by(|one, other| one.name().cmp(other.name()));
        let skipped = files.into_iter().skip(self.number - 1);
        skipped.step_by(self.of).cloned().collect()
    }
}

impl FromStr for Shard {
    type Err = InvalidShard;

    /// Parses `2/8`.
    fn from_str(text: &str) -> Result<Self, InvalidShard> {
        let (number, of) = text.split_once('/').ok_or(InvalidShard(()))?;
        let parse = |text: &str| text.parse().map_err(|_| InvalidShard(()));
        Self::new(parse(number)?, parse(of)?)
    }
}

impl fmt::Display for Shard {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{}/{}", self.number, self.of)
    }
}

/// The error for a [`Shard`] that does not exist.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct InvalidShard(());

impl fmt::Display for InvalidShard {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .write_str("expected the number of a shard and the number of all shards, such as `2/8`")
    }
}

impl std::error::Error for InvalidShard {}

/// The result for some of the log files of a replay.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Partial {
    version: u32,
    /// Equal for equal policies, settings and log files.
    replay: String,
    shard: Shard,
    is_equal: bool,
    examples: usize,
    /// The files of the shard that have not been read.
    remaining: BTreeSet<String>,
    report: Report,
}

impl Partial {
    /// Starts a replay of the files of `shard`, where `files` are those of all shards. If the comparison proves that the
    /// policies [are equal](Replay::is_equal), none of them needs to be read, unless the replay collects the used
    /// permissions.
    pub fn new(replay: &Replay, files: &[LogFile], shard: Shard) -> Self {
        let is_equal = replay.is_equal();
        let mut described = replay.describe();
        let names = files.iter().map(|file| (file.name(), file.bytes()));
        for (name, bytes) in names.collect::<BTreeSet<_>>() {
            described.push_str(&format!("\n{bytes} {name}"));
        }
        let remaining = match is_equal && !replay.needs_log() {
            true => BTreeSet::new(),
            false => shard
                .select(files)
                .into_iter()
                .map(|file| file.name().to_owned())
                .collect(),
        };
        Self {
            version: VERSION,
            replay: fingerprint(&described),
            shard,
            is_equal,
            examples: replay.examples(),
            remaining,
            report: replay.empty_report(),
        }
    }

    /// Reads a partial result from JSON.
    ///
    /// # Errors
    ///
    /// Fails if the text is not a partial result of this version.
    pub fn from_json(text: &str) -> Result<Self, PartialError> {
        let partial: Self =
            serde_json::from_str(text).map_err(|error| PartialError::Format(error.to_string()))?;
        match partial.version {
            VERSION => Ok(partial),
            other => Err(PartialError::Format(format!(
                "its version is {other}, not {VERSION}"
            ))),
        }
    }

    /// Returns the partial result as JSON.
    pub fn to_json(&self) -> String {
        serde_json::to_string(self).unwrap_or_default()
    }

    /// Continues `earlier`, which was interrupted.
    ///
    /// # Errors
    ///
    /// Fails if it is the result of another replay: with other policies, log files or settings, or for another shard.
    pub fn resume(&mut self, earlier: Self) -> Result<(), PartialError> {
        if earlier.replay != self.replay || earlier.shard != self.shard {
            return Err(PartialError::OtherReplay);
        }
        *self = earlier;
        Ok(())
    }

    /// Returns those of the `files` that remain to be read.
    pub fn remaining(&self, files: &[LogFile]) -> Vec<LogFile> {
        let files = files.iter();
        files
            .filter(|file| self.remaining.contains(file.name()))
            .cloned()
            .collect()
    }

    /// Adds the result for one or several files.
    pub fn add(&mut self, report: Report) {
        for name in report.files.keys() {
            self.remaining.remove(name);
        }
        self.report.merge(report, self.examples);
    }

    /// Whether all files of the shard have been read.
    pub fn is_complete(&self) -> bool {
        self.remaining.is_empty()
    }

    /// Whether the policies are proven to decide all requests in the same way. No log was read then, unless the replay
    /// collects the used permissions.
    pub const fn is_equal(&self) -> bool {
        self.is_equal
    }

    /// Returns the result for the files that have been read.
    pub const fn report(&self) -> &Report {
        &self.report
    }

    /// Adds up the results of all shards.
    ///
    /// # Errors
    ///
    /// Fails if they are not the complete results of all shards of one replay.
    pub fn merge(parts: impl IntoIterator<Item = Self>) -> Result<Self, PartialError> {
        let mut parts: Vec<Self> = parts.into_iter().collect();
        parts.sort_by_key(|part| part.shard);
        let mut numbers = 1..;
        let mut merged: Option<Self> = None;
        for part in parts {
            if let Some(name) = part.remaining.first() {
                return Err(PartialError::Incomplete(part.shard, name.clone()));
            }
            let first = merged.as_ref().unwrap_or(&part);
            if first.replay != part.replay || first.shard.of != part.shard.of {
                return Err(PartialError::OtherReplay);
            }
            let expected = numbers.next().unwrap_or_default();
            if part.shard.number < expected {
                return Err(PartialError::Twice(part.shard));
            }
            if part.shard.number > expected {
                let of = part.shard.of;
                return Err(PartialError::Missing(Shard {
                    number: expected,
                    of,
                }));
            }
            match &mut merged {
                None => merged = Some(part),
                Some(merged) => merged.report.merge(part.report, merged.examples),
            }
        }
        let mut merged = merged.ok_or(PartialError::Missing(Shard::WHOLE))?;
        let (of, expected) = (merged.shard.of, numbers.next().unwrap_or_default());
        if expected <= of {
            return Err(PartialError::Missing(Shard {
                number: expected,
                of,
            }));
        }
        merged.shard = Shard::WHOLE;
        Ok(merged)
    }
}

/// Why partial results cannot be used.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum PartialError {
    /// The text is not a partial result; with the reason.
    Format(String),
    /// The results are of replays with different policies, log files or settings.
    OtherReplay,
    /// The result of this shard is missing.
    Missing(Shard),
    /// There are two results of this shard.
    Twice(Shard),
    /// The shard was interrupted before it has read this file.
    Incomplete(Shard, String),
}

impl fmt::Display for PartialError {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Format(reason) => write!(formatter, "not a partial result of a replay: {reason}"),
            Self::OtherReplay => formatter.write_str(
                "the partial result is of a replay with other policies, log files or settings",
            ),
            Self::Missing(shard) => write!(formatter, "the result of shard {shard} is missing"),
            Self::Twice(shard) => write!(formatter, "there are two results of shard {shard}"),
            Self::Incomplete(shard, file) => write!(
                formatter,
                "shard {shard} is incomplete: it has not read `{}`",
                file.escape_debug()
            ),
        }
    }
}

impl std::error::Error for PartialError {}

/// The 64-bit hash of a text by the algorithm FNV-1a, which is the same on all machines. It finds mistakes, and does not
/// protect from manipulation.
fn fingerprint(text: &str) -> String {
    const BASIS: u64 = 0xcbf2_9ce4_8422_2325;
    const PRIME: u64 = 0x0100_0000_01b3;
    let hash = text.bytes().fold(BASIS, |hash, byte| {
        (hash ^ u64::from(byte)).wrapping_mul(PRIME)
    });
    format!("{hash:016x}")
}

#[cfg(test)]
mod tests {
    use std::path::PathBuf;

    use super::*;

    fn files(names: &[&str]) -> Vec<LogFile> {
        let names = names.iter();
        names
            .map(|name| LogFile::new(*name, 1, PathBuf::from(name)))
            .collect()
    }

    fn part(number: usize, of: usize) -> Partial {
        Partial {
            version: VERSION,
            replay: "a".to_owned(),
            shard: Shard::new(number, of).unwrap(),
            is_equal: false,
            examples: 1,
            remaining: BTreeSet::new(),
            report: Report::default(),
        }
    }

    #[test]
    fn every_file_is_in_one_shard() {
        let all = files(&["d", "a", "c", "b", "e"]);
        let mut selected = Vec::new();
        for number in 1..=3 {
            let shard = Shard::new(number, 3).unwrap().select(&all);
            assert!(shard.len() <= 2);
            selected.extend(shard.iter().map(|file| file.name().to_owned()));
        }
        selected.sort();
        assert_eq!(selected, ["a", "b", "c", "d", "e"]);
        assert_eq!(Shard::WHOLE.select(&all).len(), 5);
        assert!(Shard::new(7, 9).unwrap().select(&all).is_empty());
    }

    #[test]
    fn shards_are_counted_from_one() {
        assert_eq!("2/8".parse(), Shard::new(2, 8));
        for text in ["0/8", "9/8", "1", "/", "a/2", "1/0", "-1/2", "1/2/3"] {
            assert!(text.parse::<Shard>().is_err(), "{text}");
        }
    }

    #[test]
    fn results_are_only_added_up_if_none_is_missing() {
        let merged = Partial::merge([part(2, 3), part(1, 3), part(3, 3)]).unwrap();
        assert_eq!(merged.shard, Shard::WHOLE);
        let missing = |number, of| Err(PartialError::Missing(Shard { number, of }));
        assert_eq!(Partial::merge([]), missing(1, 1));
        assert_eq!(Partial::merge([part(2, 3), part(3, 3)]), missing(1, 3));
        assert_eq!(Partial::merge([part(1, 3), part(3, 3)]), missing(2, 3));
        assert_eq!(Partial::merge([part(1, 3), part(2, 3)]), missing(3, 3));
        let twice = [part(1, 2), part(1, 2), part(2, 2)];
        assert_eq!(
            Partial::merge(twice),
            Err(PartialError::Twice(Shard { number: 1, of: 2 }))
        );
        assert_eq!(
            Partial::merge([part(1, 3), part(2, 4)]),
            Err(PartialError::OtherReplay)
        );
        let mut other = part(2, 2);
        other.replay.push('b');
        assert_eq!(
            Partial::merge([part(1, 2), other]),
            Err(PartialError::OtherReplay)
        );
        let mut incomplete = part(2, 2);
        incomplete.remaining.insert("log".to_owned());
        assert!(matches!(
            Partial::merge([part(1, 2), incomplete]),
            Err(PartialError::Incomplete(..))
        ));
    }

    #[test]
    fn a_partial_result_survives_serialization() {
        let mut partial = part(1, 2);
        partial.remaining.insert("log".to_owned());
        assert_eq!(Partial::from_json(&partial.to_json()), Ok(partial.clone()));
        partial.version = 2;
        assert!(Partial::from_json(&partial.to_json()).is_err());
        assert!(Partial::from_json("{}").is_err());
    }
}
