//! Joins the results for the parts of a file.

use std::collections::{BTreeMap, BTreeSet};

use crate::input::LogFile;
use crate::report::{Change, Example, FileResult, Report};

/// The result for a part of a file.
#[derive(Debug)]
pub(crate) struct PartResult {
    /// The numbers of the records in the examples are those in the part.
    pub(crate) report: Report,
    /// Why the part could not be read to its end.
    pub(crate) problem: Option<String>,
}

/// The results for the parts of a file that have been read, in any order.
///
/// The numbers of the records in the examples are known when all parts before have been read. Everything else is added up
/// at once, so that memory does not depend on the number of parts.
#[derive(Debug, Default)]
pub(crate) struct Joined {
    report: Report,
    problem: Option<String>,
    /// The number of parts at the start of the file that have been read.
    first: usize,
    /// The number of records in them.
    records: u64,
    /// The parts after them, by number.
    waiting: BTreeMap<usize, Waiting>,
}

/// The results of a part that depend on the parts before.
#[derive(Debug)]
struct Waiting {
    records: u64,
    examples: BTreeMap<Change, BTreeSet<Example>>,
    problem: Option<String>,
}

impl Joined {
    /// Adds the result for the part with this number, counted from 0. `examples` is the number of examples of each result
    /// that are kept.
    pub(crate) fn add(&mut self, number: usize, result: PartResult, examples: usize) {
        let PartResult {
            mut report,
            problem,
        } = result;
        let waiting = Waiting {
            records: report.counts.records,
            examples: std::mem::take(&mut report.examples),
            problem,
        };
        self.waiting.insert(number, waiting);
        self.report.merge(report, examples);
        while let Some(part) = self.waiting.remove(&self.first) {
            let before = self.records;
            let found = part.examples.into_iter().map(|(change, of_part)| {
                let in_file = of_part.into_iter().map(|example| Example {
                    record: before + example.record,
                    ..example
                });
                (change, in_file.collect())
            });
            let numbered = Report {
                examples: found.collect(),
                ..Report::default()
            };
            self.report.merge(numbered, examples);
            self.problem = self.problem.take().or(part.problem);
            self.first += 1;
            self.records += part.records;
        }
    }

    /// Returns the number of parts at the start of the file that have been read.
    pub(crate) const fn len(&self) -> usize {
        self.first
    }

    /// Returns the result for the file.
    pub(crate) fn into_report(mut self, file: &LogFile) -> Report {
        let result = FileResult {
            records: self.records,
            bytes: file.bytes(),
            problem: self.problem,
        };
        self.report.files.insert(file.name().to_owned(), result);
        self.report
    }
}
