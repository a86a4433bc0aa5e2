//! Decides the records of log files again. Each thread has one worker.

use std::borrow::Cow;
use std::collections::HashMap;
use std::ops::Deref;
use std::sync::atomic::Ordering;
use std::time::{Duration, SystemTime};

use foldhash::quality::RandomState;
use memchr::memmem::Finder;
use pinpoint_iam::context::{ConditionKey, Value};
use pinpoint_iam::decision_log::{Outcome, Record, RecordedRequest, RecordedRequests};
use pinpoint_iam::eval::{MissingKeys, PolicyType, StatementId};
use pinpoint_iam::{Decision, Evaluation, Principal, Request};

use crate::cloudtrail::{self, Event, Translator};
use crate::input::{LogFile, LogPart, Piece, Progress, read_part};
use crate::joined::PartResult;
use crate::numbers::Numbers;
use crate::policies::{EVERYONE, Policies, has_policies, statement_name};
use crate::reason::{self, Reason};
use crate::repeated::{Decided, Repeated};
use crate::report::{Change, Counts, Example, MOST_HOURS, Report, StatementName};
use crate::settings::Settings;
use crate::tally::{MOST_NAMES, Sum, Tally, add_to};
use crate::used::Recorder;

/// The number of records after which the progress is updated.
const PROGRESS_STEP: u64 = 1_024;

/// The start of a record, if its members are in the order in which they are written.
const RECORD_START: &[u8] = b"{\"v\":";

/// Changes the caller of a request.
type Complete = fn(Principal) -> Principal;

/// Decides the records of one part of a file after the other. `R` borrows or shares the settings.
pub(crate) struct Worker<R> {
    settings: R,
    requests: RecordedRequests<Complete, RandomState>,
    events: Translator,
    /// Finds the member that only events have.
    mark: Finder<'static>,
    used: Option<Recorder>,
    /// The result for the current part.
    report: Report,
    file: String,
    principals: Names,
    actions: Names,
    repeated: Repeated,
    /// The hours since 1970 at the current record, and the numbers of the records since this hour began.
    hour: (u64, Counts),
    old_statements: Statements,
    new_statements: Statements,
}

/// The numbers of the current file by principal or action that are not in its report yet.
#[derive(Default)]
struct Names {
    numbers: Numbers<Box<str>>,
    positions: HashMap<Box<str>, usize, RandomState>,
}

/// The numbers of the current file by the statement that decides.
#[derive(Default)]
struct Statements {
    numbers: Numbers<StatementName>,
    /// By the address of the document, the index and the type of the policy.
    positions: HashMap<(usize, usize, PolicyType), usize, RandomState>,
}

impl<R: Deref<Target = Settings>> Worker<R> {
    pub(crate) fn new(settings: R) -> Self {
        let is_for_everyone = settings.old.is_for_everyone() || settings.new.is_for_everyone();
        let complete: Complete = match is_for_everyone {
            true => with_everyone,
            false => |principal| principal,
        };
        let services = &settings.services;
        Self {
            requests: RecordedRequests::with_hasher(complete, RandomState::default()),
            events: Translator::new(services, complete),
            mark: Finder::new(cloudtrail::MARK),
            used: settings.collects_used.then(|| Recorder::new(services)),
            report: Report::default(),
            file: String::new(),
            principals: Names::default(),
            actions: Names::default(),
            repeated: Repeated::default(),
            hour: <(u64, Counts)>::default(),
            old_statements: Statements::default(),
            new_statements: Statements::default(),
            settings,
        }
    }

    /// Decides the records of a part of a file. The numbers of its examples are those in the part.
    pub(crate) fn part(
        &mut self,
        file: &LogFile,
        part: LogPart,
        progress: &Progress,
    ) -> PartResult {
        file.name().clone_into(&mut self.file);
        let mut problem = None;
        let mut pending = 0;
        read_part(file, part, &progress.bytes, |number, piece| {
            if let Piece::Incomplete(found) = piece {
                problem = Some(found.text().to_owned());
            }
            self.piece(number, piece);
            pending += 1;
            if pending == PROGRESS_STEP {
                progress.records.fetch_add(pending, Ordering::Relaxed);
                pending = 0;
            }
        });
        progress.records.fetch_add(pending, Ordering::Relaxed);
        self.flush();
        PartResult {
            report: std::mem::take(&mut self.report),
            problem,
        }
    }

    /// Adds the numbers of the current file to its report.
    fn flush(&mut self) {
        self.leave_hour();
        let report = &mut self.report;
        self.principals.flush(&mut report.principals);
        self.actions.flush(&mut report.actions);
        for (all, decided) in [
            (&mut report.old_statements, &mut self.old_statements),
            (&mut report.new_statements, &mut self.new_statements),
        ] {
            decided.numbers.take(|statement, counts| {
                all.entry(statement.clone()).or_default().sum(counts);
            });
        }
    }

    /// Decides a record. Returns the result, or `None` if it cannot be replayed.
    pub(crate) fn piece(&mut self, number: u64, piece: Piece<'_>) -> Option<Decided> {
        let decided = match piece {
            Piece::Record(bytes) => self.replay(number, bytes),
            Piece::TooLong => Err(Reason::new("the record is longer than 4 MiB")),
            Piece::Incomplete(problem) => Err(Reason::new(problem.text())),
        };
        decided
            .inspect_err(|reason| self.reject(number, reason))
            .ok()
    }

    /// Counts a record that cannot be replayed.
    fn reject(&mut self, number: u64, reason: &Reason) {
        self.report.counts.add(Change::NotReplayable, 1);
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

    /// Whether a record with this result becomes an example. Those that have not changed do not.
    fn needs_example(&self, change: Change) -> bool {
        let kept = self.report.examples.get(&change);
        change != Change::Unchanged && kept.map_or(0, |kept| kept.len()) < self.settings.examples
    }

    fn keep(&mut self, change: Change, example: Example) {
        let kept = self.report.examples.entry(change).or_default();
        kept.insert(example);
    }

    /// Decides a record again.
    fn replay(&mut self, number: u64, bytes: &[u8]) -> Result<Decided, Reason> {
        let text = std::str::from_utf8(bytes).map_err(|_| Reason::new("the line is not UTF-8"))?;
        // No event begins so. For the others, the whole line is searched.
        if bytes.starts_with(RECORD_START) || self.mark.find(bytes).is_none() {
            return self.replay_record(number, text);
        }
        match Event::parse(text) {
            Ok(event) => self.replay_event(number, &event),
            // A record of a decision log may contain anything in members of its own.
            Err(error) => match Record::parse(text) {
                Ok(_) => self.replay_record(number, text),
                Err(_) => Err(reason::of_event(&error)),
            },
        }
    }

    /// Decides a record of a decision log again.
    fn replay_record(&mut self, number: u64, text: &str) -> Result<Decided, Reason> {
        // The record is large, so it is not moved.
        let parsed = Record::parse(text);
        let record = parsed.as_ref().map_err(reason::of_line)?;
        let seen = Seen {
            time: record.time,
            is_allowed: match record.outcome {
                Outcome::Allow => Some(true),
                Outcome::Deny => Some(false),
                _ => None,
            },
            is_sampled: record.sampled.is_some(),
        };
        let caller = self.requests.caller(&record.principal).ok();
        let place = match &caller {
            // The permissions of each request are collected.
            Some(caller) if self.used.is_none() => match self.repeated.find(record, caller) {
                Ok(decided) if !self.needs_example(decided.change) => {
                    self.repeat(&seen, &decided);
                    return Ok(decided);
                }
                Ok(_) => None,
                Err(place) => place,
            },
            _ => None,
        };
        let recorded = match caller {
            Some(caller) => self.requests.request_of(record, caller),
            None => self.requests.request(record),
        };
        let recorded = recorded.map_err(|error| {
            self.note_undecided(record);
            reason::of_record(&error)
        })?;
        let (decided, is_simple) = self.decide(
            number,
            &Logged {
                seen,
                action: &record.action,
                resource: record.resource.as_deref().unwrap_or_default(),
                needed: &[recorded.as_request()],
                possible: &[],
                masked: Some(&recorded),
            },
        )?;
        if let (Some(place), true) = (place, is_simple) {
            self.repeated.keep(place, record, &recorded, decided);
        }
        Ok(decided)
    }

    /// Notes the action of a record that cannot be replayed, such as one about a list.
    fn note_undecided(&mut self, record: &Record<'_>) {
        if let Some(recorder) = &self.used
            && let Some((prefix, name)) = record.action.split_once(':')
        {
            let used = self.report.used.get_or_insert_default();
            used.undecided.extend(recorder.known(prefix, name));
        }
    }

    /// Decides an event of CloudTrail again.
    fn replay_event(&mut self, number: u64, event: &Event<'_>) -> Result<Decided, Reason> {
        let request = match self.events.request(event) {
            Ok(request) => request,
            Err(reason) => {
                if self.used.is_some()
                    && let Ok(action) = self.events.action(event)
                {
                    let used = self.report.used.get_or_insert_default();
                    used.undecided.insert(action.to_string());
                }
                return Err(reason);
            }
        };
        let (decided, _) = self.decide(
            number,
            &Logged {
                seen: Seen {
                    time: request.time,
                    is_allowed: request.is_allowed,
                    is_sampled: false,
                },
                action: &request.action.to_string(),
                resource: &request.resource(),
                needed: &request.needed(),
                possible: &request.possible(),
                masked: None,
            },
        )?;
        Ok(decided)
    }

    /// Decides a record with both policies. Returns the result, and whether it depends only on the keys that one decision of
    /// each policy has read.
    fn decide(&mut self, number: u64, logged: &Logged<'_>) -> Result<(Decided, bool), Reason> {
        let Some(principal) = logged.needed.first().map(Request::principal) else {
            return Err(Reason::new("the record contains no request"));
        };
        let (old, new) = (&self.settings.old, &self.settings.new);
        let (Some(old), Some(new)) = (logged.decide(old), logged.decide(new)) else {
            return Err(Reason::new(
                "the session policies of the caller are too large",
            ));
        };
        let change = self.change(&old, &new, principal);
        self.limit_names();
        let mut decided = Decided {
            change,
            old_is_allowed: old.is_allowed,
            new_is_allowed: new.is_allowed,
            principal: self.principals.position(&name(principal)),
            action: self.actions.position(logged.action),
            old_statement: None,
            new_statement: None,
        };
        self.count(&logged.seen, &decided);
        for (statements, last, verdict) in [
            (&mut self.old_statements, &mut decided.old_statement, &old),
            (&mut self.new_statements, &mut decided.new_statement, &new),
        ] {
            for decision in verdict.decisions() {
                *last = statements.position(decision);
                if let Some(position) = *last {
                    statements.numbers.add(position, change);
                }
            }
        }
        if let Some(recorder) = &self.used {
            let used = self.report.used.get_or_insert_default();
            for request in logged.needed {
                match new.is_allowed {
                    Some(true) => {
                        let name = name(principal);
                        add_to(&mut used.callers, &name, MOST_NAMES, recorder.used(request));
                    }
                    Some(false) => {}
                    None => {
                        let action = request.action();
                        let known = recorder.known(action.prefix(), action.name());
                        used.undecided.extend(known);
                    }
                }
            }
        }
        if change == Change::Depends {
            self.count_missing_keys(logged, [&old, &new]);
        }
        if self.needs_example(change) {
            let example = Example {
                file: self.file.clone(),
                record: number,
                time: Some(time_text(logged.seen.time)),
                principal: name(principal).into_owned(),
                action: logged.action.to_owned(),
                resource: logged.resource.to_owned(),
                old: old.text(logged),
                new: new.text(logged),
                reason: None,
            };
            self.keep(change, example);
        }
        // Other results depend on more than the keys that the decisions have read, or on more than one decision.
        let is_simple = old.is_allowed.is_some()
            && new.is_allowed.is_some()
            && logged.needed.len() == 1
            && logged.possible.is_empty();
        Ok((decided, is_simple))
    }

    fn change(&self, old: &Verdict<'_>, new: &Verdict<'_>, principal: &Principal) -> Change {
        match (old.is_allowed, new.is_allowed) {
            (Some(old), Some(new)) if old == new => Change::Unchanged,
            (Some(false), Some(_)) => Change::NewlyAllowed,
            (Some(true), Some(_)) => Change::NewlyDenied,
            (None, None) if self.settings.old.is_same_for(&self.settings.new, principal) => {
                Change::Unchanged
            }
            (None, _) | (_, None) => Change::Depends,
        }
    }

    /// Counts a record whose request was decided before.
    fn repeat(&mut self, seen: &Seen, decided: &Decided) {
        self.count(seen, decided);
        for (statements, position) in [
            (&mut self.old_statements, decided.old_statement),
            (&mut self.new_statements, decided.new_statement),
        ] {
            if let Some(position) = position {
                statements.numbers.add(position, decided.change);
            }
        }
    }

    fn count(&mut self, seen: &Seen, decided: &Decided) {
        let change = decided.change;
        self.report.counts.add(change, 1);
        self.report.sampled += u64::from(seen.is_sampled);
        if let (Some(before), Some(is_allowed)) = (seen.is_allowed, decided.old_is_allowed) {
            self.report.decided_differently += u64::from(before != is_allowed);
        }
        self.principals.numbers.add(decided.principal, change);
        self.actions.numbers.add(decided.action, change);
        let time = seen.time.duration_since(SystemTime::UNIX_EPOCH);
        let hour = time.unwrap_or_default().as_secs() / HOUR;
        if self.hour.0 != hour {
            self.leave_hour();
            self.hour.0 = hour;
        }
        self.hour.1.add(change, 1);
    }

    /// Forgets the names if there are too many, and the results that contain their positions.
    fn limit_names(&mut self) {
        if self.principals.numbers.len() >= MOST_NAMES || self.actions.numbers.len() >= MOST_NAMES {
            self.principals.flush(&mut self.report.principals);
            self.principals.clear();
            self.actions.flush(&mut self.report.actions);
            self.actions.clear();
            self.repeated.clear();
        }
    }

    /// Adds the numbers of the current hour to the report.
    fn leave_hour(&mut self) {
        let (hour, counts) = std::mem::take(&mut self.hour);
        if counts.records > 0 {
            add_to(&mut self.report.hours, &hour_text(hour), MOST_HOURS, counts);
        }
    }

    fn count_missing_keys(&mut self, logged: &Logged<'_>, verdicts: [&Verdict<'_>; 2]) {
        let mut counted: Vec<&str> = Vec::new();
        let keys = verdicts.into_iter().flat_map(Verdict::missing);
        for key in keys {
            if counted.iter().any(|other| other.eq_ignore_ascii_case(key)) {
                continue;
            }
            counted.push(key);
            let masked = logged.masked.into_iter();
            let mut masked = masked.flat_map(RecordedRequest::masked_keys);
            let is_masked = masked.any(|masked| masked.eq_ignore_ascii_case(key));
            let missing = self.report.missing_keys.entry(key.to_owned()).or_default();
            missing.requests += 1;
            missing.masked += u64::from(is_masked);
        }
    }
}

/// What a log contains about a request besides its parts.
#[derive(Clone, Copy)]
struct Seen {
    time: SystemTime,
    /// Whether the service has allowed it; `None` if the log does not show this.
    is_allowed: Option<bool>,
    /// Whether it represents several requests.
    is_sampled: bool,
}

/// A record of any log, as requests.
struct Logged<'l> {
    seen: Seen,
    /// The action as in the log.
    action: &'l str,
    /// The resource as in the log; empty if it is unknown.
    resource: &'l str,
    /// The requests that must be allowed, first that for the action.
    needed: &'l [Request<'l>],
    /// Requests of which the log does not show whether they must be allowed, each with a description.
    possible: &'l [(Request<'l>, &'l str)],
    /// The record, if its keys may be masked.
    masked: Option<&'l RecordedRequest<'l>>,
}

/// The decision of one side about a record.
struct Verdict<'l> {
    /// `None` if it depends on facts that the log does not contain.
    is_allowed: Option<bool>,
    /// The position of the request that decides.
    decisive: usize,
    /// The evaluation of the first request.
    first: Evaluation,
    /// Those of the others.
    others: Vec<Evaluation>,
    /// What the log does not show about a possible request, if the result depends on it.
    open: Option<&'l str>,
}

impl<'l> Logged<'l> {
    /// Decides the record; `None` if the session policies of its principal are too large.
    fn decide(&self, policies: &Policies) -> Option<Verdict<'l>> {
        let (first, others) = self.needed.split_first()?;
        let first = policies.decide(first)?;
        let others = others.iter().map(|other| policies.decide(other));
        let others: Vec<Evaluation> = others.collect::<Option<_>>()?;
        let position = |is_one: &dyn Fn(Option<bool>) -> bool| {
            let mut all = std::iter::once(&first).chain(&others);
            all.position(|evaluation| is_one(is_allowed(evaluation)))
        };
        let (mut result, decisive) = match position(&|one| one == Some(false)) {
            Some(denied) => (Some(false), denied),
            None => match position(&|one| one.is_none()) {
                Some(indeterminate) => (None, indeterminate),
                None => (Some(true), 0),
            },
        };
        let mut open = None;
        if result == Some(true) {
            for (request, fact) in self.possible {
                if is_allowed(&policies.decide(request)?) != Some(true) {
                    (result, open) = (None, Some(*fact));
                    break;
                }
            }
        }
        Some(Verdict {
            is_allowed: result,
            decisive,
            first,
            others,
            open,
        })
    }
}

impl<'l> Verdict<'l> {
    fn evaluations(&self) -> impl Iterator<Item = &Evaluation> {
        std::iter::once(&self.first).chain(&self.others)
    }

    /// The decisions that result in this one: all of them if the record is allowed, otherwise the one that denies it.
    fn decisions(&self) -> impl Iterator<Item = &Decision> {
        let evaluations = self.evaluations().enumerate();
        evaluations.filter_map(
            |(position, evaluation)| match (self.is_allowed, evaluation) {
                (Some(true), Evaluation::Decided(decision)) => Some(decision),
                (Some(false), Evaluation::Decided(decision)) if position == self.decisive => {
                    Some(decision)
                }
                _ => None,
            },
        )
    }

    /// The facts that the decision depends on.
    fn missing(&self) -> impl Iterator<Item = &str> {
        let evaluation = match self.is_allowed {
            None => self.evaluations().nth(self.decisive),
            Some(_) => None,
        };
        let keys = match evaluation {
            Some(Evaluation::Indeterminate(keys)) => Some(keys),
            _ => None,
        };
        let keys = keys.into_iter().flat_map(MissingKeys::iter);
        keys.map(ConditionKey::as_str).chain(self.open)
    }

    fn text(&self, logged: &Logged<'_>) -> String {
        if let Some(fact) = self.open {
            return format!("depends on {fact}");
        }
        let mut evaluations = self.evaluations();
        let Some(evaluation) = evaluations.nth(self.decisive) else {
            return String::new();
        };
        let text = evaluation_text(evaluation);
        match logged.needed.get(self.decisive) {
            Some(request) if self.decisive > 0 => {
                format!("{} on {}: {text}", request.action(), request.resource())
            }
            _ => text,
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

impl Names {
    /// Returns the position of a name.
    fn position(&mut self, name: &str) -> usize {
        match self.positions.get(name) {
            Some(position) => *position,
            None => {
                let position = self.numbers.insert(name.into());
                *self.positions.entry(name.into()).or_insert(position)
            }
        }
    }

    /// Moves the numbers to a report.
    fn flush(&mut self, tally: &mut Tally<Counts>) {
        self.numbers
            .take(|name, counts| add_to(tally, name, MOST_NAMES, counts));
    }

    fn clear(&mut self) {
        self.numbers.clear();
        self.positions.clear();
    }
}

impl Statements {
    /// Returns the position of the statement that decides. Statements of session policies have none: they belong to the log.
    fn position(&mut self, decision: &Decision) -> Option<usize> {
        let statement: Option<&StatementId> = match decision {
            Decision::Allow(by) => by.statement(),
            Decision::Deny(by) => by.statement(),
        };
        let statement = statement.filter(|found| found.policy_type() != PolicyType::Session)?;
        let (policy, index, policy_type) = (
            statement.policy(),
            statement.index(),
            statement.policy_type(),
        );
        // The policies live as long as the replay.
        let address = std::ptr::from_ref(policy.document()).addr();
        let position = self.positions.entry((address, index, policy_type));
        Some(*position.or_insert_with(|| {
            let name = statement_name(policy_type, policy, index);
            self.numbers.insert(name)
        }))
    }
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
