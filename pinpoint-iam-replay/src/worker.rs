//! Decides the records of log files again. Each thread has one worker.

use std::borrow::Cow;
use std::collections::HashMap;
use std::sync::atomic::Ordering;
use std::time::{Duration, SystemTime};

use pinpoint_iam::context::Value;
use pinpoint_iam::decision_log::{Outcome, Record, RecordedRequest, RecordedRequests};
use pinpoint_iam::eval::{PolicyType, StatementId};
use pinpoint_iam::{Decision, Evaluation, Principal};

use crate::input::{LogFile, Piece, Progress, read_file};
use crate::policies::{EVERYONE, Policies, has_policies, statement_name};
use crate::reason::{self, Reason};
use crate::report::{
    Change, Counts, Example, FileResult, MOST_HOURS, MOST_NAMES, Report, StatementName, Sum, Tally,
    add_to,
};

/// The number of records after which the progress is updated.
const PROGRESS_STEP: u64 = 1_024;

/// Changes the caller of a request.
type Complete = fn(Principal) -> Principal;

/// Decides the records of one file after the other.
pub(crate) struct Worker<'r> {
    requests: RecordedRequests<Complete>,
    old: &'r Policies,
    new: &'r Policies,
    examples: usize,
    /// The result for the current file.
    report: Report,
    file: String,
    principals: Numbers<Box<str>>,
    actions: Numbers<Box<str>>,
    /// By the hours since 1970.
    hours: Numbers<u64>,
    old_statements: Statements,
    new_statements: Statements,
}

/// Numbers of the current file that are not in its report yet.
type Numbers<K> = HashMap<K, Counts>;

/// The statements that have decided, by the address of the document, the index and the type of the policy.
type Statements = HashMap<(usize, usize, PolicyType), (StatementName, Counts)>;

impl<'r> Worker<'r> {
    pub(crate) fn new(old: &'r Policies, new: &'r Policies, examples: usize) -> Self {
        let complete: Complete = match old.is_for_everyone() || new.is_for_everyone() {
            true => with_everyone,
            false => |principal| principal,
        };
        Self {
            requests: RecordedRequests::new(complete),
            old,
            new,
            examples,
            report: Report::default(),
            file: String::new(),
            principals: HashMap::new(),
            actions: HashMap::new(),
            hours: HashMap::new(),
            old_statements: HashMap::new(),
            new_statements: HashMap::new(),
        }
    }

    /// Decides the records of a file.
    pub(crate) fn file(&mut self, file: &LogFile, progress: &Progress) -> Report {
        self.file.clone_from(&file.name);
        let mut problem = None;
        let mut pending = 0;
        read_file(&file.path, &progress.bytes, |number, piece| {
            match piece {
                Piece::Record(bytes) => self.record(number, bytes),
                Piece::TooLong => {
                    self.reject(number, &Reason::new("the record is longer than 4 MiB"))
                }
                Piece::Incomplete(found) => {
                    problem = Some(found.text().to_owned());
                    self.reject(number, &Reason::new(found.text()));
                }
            }
            pending += 1;
            if pending == PROGRESS_STEP {
                progress.records.fetch_add(pending, Ordering::Relaxed);
                pending = 0;
            }
        });
        progress.records.fetch_add(pending, Ordering::Relaxed);
        self.flush();
        let mut report = std::mem::take(&mut self.report);
        let result = FileResult {
            records: report.counts.records,
            bytes: file.bytes,
            problem,
        };
        report.files.insert(file.name.clone(), result);
        report
    }

    /// Adds the numbers of the current file to its report.
    fn flush(&mut self) {
        let report = &mut self.report;
        add_names(&mut report.principals, &mut self.principals);
        add_names(&mut report.actions, &mut self.actions);
        for (hour, counts) in self.hours.drain() {
            add_to(&mut report.hours, &hour_text(hour), MOST_HOURS, counts);
        }
        for (all, decided) in [
            (&mut report.old_statements, &mut self.old_statements),
            (&mut report.new_statements, &mut self.new_statements),
        ] {
            for (_, (statement, counts)) in decided.drain() {
                all.entry(statement).or_default().sum(counts);
            }
        }
    }

    fn record(&mut self, number: u64, bytes: &[u8]) {
        if let Err(reason) = self.replay(number, bytes) {
            self.reject(number, &reason);
        }
    }

    /// Counts a record that cannot be replayed.
    fn reject(&mut self, number: u64, reason: &Reason) {
        self.report.counts.add(Change::NotReplayable);
        match self.report.reasons.get_mut(reason.name) {
            Some(records) => *records += 1,
            None => {
                self.report.reasons.insert(reason.name.to_owned(), 1);
            }
        }
        if self.needs_example(Change::NotReplayable) {
            let example = Example {
                file: self.file.clone(),
                record: number,
                time: None,
                principal: String::new(),
                action: String::new(),
                resource: String::new(),
                old: String::new(),
                new: String::new(),
                reason: Some(reason.text()),
            };
            self.keep(Change::NotReplayable, example);
        }
    }

    fn needs_example(&self, change: Change) -> bool {
        let kept = self.report.examples.get(&change);
        kept.map_or(0, |kept| kept.len()) < self.examples
    }

    fn keep(&mut self, change: Change, example: Example) {
        let kept = self.report.examples.entry(change).or_default();
        kept.insert(example);
    }

    /// Decides a record again.
    fn replay(&mut self, number: u64, bytes: &[u8]) -> Result<(), Reason> {
        let text = std::str::from_utf8(bytes).map_err(|_| Reason::new("the line is not UTF-8"))?;
        let record = Record::parse(text).map_err(|error| reason::of_line(&error))?;
        let recorded = self.requests.request(&record);
        let recorded = recorded.map_err(|error| reason::of_record(&error))?;
        let request = recorded.as_request();
        let (Some(old), Some(new)) = (self.old.decide(&request), self.new.decide(&request)) else {
            return Err(Reason::new(
                "the session policies of the caller are too large",
            ));
        };
        let change = self.change(&old, &new, recorded.principal());
        self.count(&record, recorded.principal(), change);
        if let Evaluation::Decided(decision) = &old {
            let is_allowed = decision.is_allowed();
            self.report.decided_differently += u64::from(match record.outcome {
                Outcome::Allow => !is_allowed,
                Outcome::Deny => is_allowed,
                _ => false,
            });
            count_statement(&mut self.old_statements, decision, change);
        }
        if let Evaluation::Decided(decision) = &new {
            count_statement(&mut self.new_statements, decision, change);
        }
        if change == Change::Depends {
            self.count_missing_keys(&recorded, [&old, &new]);
        }
        if change != Change::Unchanged && self.needs_example(change) {
            let example = Example {
                file: self.file.clone(),
                record: number,
                time: Some(time_text(record.time)),
                principal: name(recorded.principal()).into_owned(),
                action: record.action.clone().into_owned(),
                resource: record.resource.clone().unwrap_or_default().into_owned(),
                old: evaluation_text(&old),
                new: evaluation_text(&new),
                reason: None,
            };
            self.keep(change, example);
        }
        Ok(())
    }

    fn change(&self, old: &Evaluation, new: &Evaluation, principal: &Principal) -> Change {
        match (is_allowed(old), is_allowed(new)) {
            (Some(old), Some(new)) if old == new => Change::Unchanged,
            (Some(false), Some(_)) => Change::NewlyAllowed,
            (Some(true), Some(_)) => Change::NewlyDenied,
            (None, None) if self.old.is_same_for(self.new, principal) => Change::Unchanged,
            (None, _) | (_, None) => Change::Depends,
        }
    }

    fn count(&mut self, record: &Record<'_>, principal: &Principal, change: Change) {
        self.report.counts.add(change);
        self.report.sampled += u64::from(record.sampled.is_some());
        add(&mut self.principals, &name(principal), change);
        add(&mut self.actions, &record.action, change);
        let time = record.time.duration_since(SystemTime::UNIX_EPOCH);
        let hour = time.unwrap_or_default().as_secs() / HOUR;
        self.hours.entry(hour).or_default().add(change);
        if self.principals.len() > MOST_NAMES || self.actions.len() > MOST_NAMES {
            add_names(&mut self.report.principals, &mut self.principals);
            add_names(&mut self.report.actions, &mut self.actions);
        }
        if self.hours.len() > MOST_NAMES {
            for (hour, counts) in self.hours.drain() {
                add_to(&mut self.report.hours, &hour_text(hour), MOST_HOURS, counts);
            }
        }
    }

    fn count_missing_keys(&mut self, recorded: &RecordedRequest, evaluations: [&Evaluation; 2]) {
        let mut counted: Vec<&str> = Vec::new();
        for evaluation in evaluations {
            let Evaluation::Indeterminate(keys) = evaluation else {
                continue;
            };
            for key in keys.iter() {
                let key = key.as_str();
                if counted.iter().any(|other| other.eq_ignore_ascii_case(key)) {
                    continue;
                }
                counted.push(key);
                let mut masked = recorded.masked_keys();
                let is_masked = masked.any(|masked| masked.eq_ignore_ascii_case(key));
                let missing = self.report.missing_keys.entry(key.to_owned()).or_default();
                missing.requests += 1;
                missing.masked += u64::from(is_masked);
            }
        }
    }
}

/// Adds the group of the policies that apply to everyone.
fn with_everyone(principal: Principal) -> Principal {
    match has_policies(&principal) {
        true => principal.with_groups([EVERYONE]),
        false => principal,
    }
}

/// The seconds of an hour.
const HOUR: u64 = 3_600;

/// The decision; `None` if it depends on unknown keys.
const fn is_allowed(evaluation: &Evaluation) -> Option<bool> {
    match evaluation {
        Evaluation::Decided(decision) => Some(decision.is_allowed()),
        Evaluation::Indeterminate(_) => None,
    }
}

fn evaluation_text(evaluation: &Evaluation) -> String {
    match evaluation {
        Evaluation::Decided(decision) => decision.to_string(),
        Evaluation::Indeterminate(keys) => format!("depends on {keys}"),
    }
}

/// The ARN of the user or role, or the name of another caller.
fn name(principal: &Principal) -> Cow<'_, str> {
    match principal.role_arn().or(principal.arn()) {
        Some(arn) => Cow::Borrowed(arn),
        None => Cow::Owned(principal.to_string()),
    }
}

fn add(numbers: &mut Numbers<Box<str>>, name: &str, change: Change) {
    match numbers.get_mut(name) {
        Some(counts) => counts.add(change),
        None => numbers.entry(name.into()).or_default().add(change),
    }
}

fn add_names(tally: &mut Tally<Counts>, numbers: &mut Numbers<Box<str>>) {
    for (name, counts) in numbers.drain() {
        add_to(tally, &name, MOST_NAMES, counts);
    }
}

/// Counts the statement that decides. Statements of session policies are not counted: they belong to the log.
fn count_statement(statements: &mut Statements, decision: &Decision, change: Change) {
    let statement: Option<&StatementId> = match decision {
        Decision::Allow(by) => by.statement(),
        Decision::Deny(by) => by.statement(),
    };
    let Some(statement) = statement.filter(|found| found.policy_type() != PolicyType::Session)
    else {
        return;
    };
    let (policy, index, policy_type) = (
        statement.policy(),
        statement.index(),
        statement.policy_type(),
    );
    // The policies live as long as the replay.
    let address = std::ptr::from_ref(policy.document()).addr();
    let (_, counts) = statements
        .entry((address, index, policy_type))
        .or_insert_with(|| {
            (
                statement_name(policy_type, policy, index),
                Counts::default(),
            )
        });
    counts.add(change);
}

fn time_text(time: SystemTime) -> String {
    Value::Time(time).text().into_owned()
}

/// The hour as in `2026-11-29T03`.
fn hour_text(hour: u64) -> String {
    const LENGTH: usize = "2026-11-29T03".len();
    let time = SystemTime::UNIX_EPOCH.checked_add(Duration::from_secs(hour.saturating_mul(HOUR)));
    let mut text = time_text(time.unwrap_or(SystemTime::UNIX_EPOCH));
    text.truncate(LENGTH);
    text
}
