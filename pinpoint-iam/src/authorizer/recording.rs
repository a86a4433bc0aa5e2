//! The records of decisions, for the decision log of an authorizer, and their metrics and spans.
//!
//! Without the features `decision-log`, `metrics` and `spans` nothing here does anything, so that the checks need no
//! conditional compilation.

use std::borrow::Cow;

#[cfg(feature = "metrics")]
use super::measuring::{Measures, Metrics};
use super::observing::{Observing, ObservingList};
use crate::action::{ActionMetadata, ServiceMetadata};
use crate::authorizer::Authorizer;
#[cfg(feature = "decision-log")]
use crate::authorizer::AuthorizerBuilder;
#[cfg(feature = "decision-log")]
use crate::context::Lookup;
#[cfg(feature = "decision-log")]
use crate::decision_log::{
    ClockReading, DecisionLog, Entry, EntryAction, EntryResource, EntryResult, NewTexts,
    RecordedList, RecordedRows, Stage, cut_id, names_scope,
};
use crate::denial::Denied;
#[cfg(any(feature = "decision-log", feature = "metrics"))]
use crate::denial::Pending;
use crate::eval::{DeniedBy, Evaluation, MissingKeys};
use crate::list::Constraint;
#[cfg(feature = "decision-log")]
use crate::read_keys::Reading;
#[cfg(any(feature = "decision-log", feature = "metrics"))]
use crate::repetition::Repetition;
use crate::request::Request;
use crate::states::PolicyState;

/// The record of a decision that is being made. It is written by `end` or not at all.
#[must_use]
pub(crate) struct Recording<'a> {
    #[cfg(feature = "decision-log")]
    started: Option<(Started<'a>, Reading)>,
    #[cfg(not(feature = "decision-log"))]
    started: std::marker::PhantomData<&'a ()>,
    observing: Observing<'a>,
}

/// The record of a list that is being made.
#[must_use]
pub(crate) struct ListRecording<'a> {
    #[cfg(feature = "decision-log")]
    started: Option<Started<'a>>,
    #[cfg(not(feature = "decision-log"))]
    started: std::marker::PhantomData<&'a ()>,
    observing: ObservingList<'a>,
}

#[cfg(feature = "decision-log")]
#[derive(Clone, Copy)]
struct Started<'a> {
    log: &'a DecisionLog,
    authorizer: &'a Authorizer,
    at: ClockReading,
}

/// The subject of a list.
#[derive(Clone, Copy)]
#[cfg_attr(
    not(any(feature = "decision-log", feature = "metrics", feature = "spans")),
    expect(
        dead_code,
        reason = "only the decision log, metrics and spans read the subject"
    )
)]
pub(crate) enum ListOf {
    /// Resources, for one action.
    Resources(&'static ActionMetadata),
    /// The actions of a service, for one resource.
    Actions(&'static ServiceMetadata),
}

impl Authorizer {
    /// Starts the record of a decision.
    #[inline]
    pub(crate) fn recording(&self) -> Recording<'_> {
        Recording {
            #[cfg(feature = "decision-log")]
            started: self.started().map(|started| (started, Reading::start())),
            #[cfg(not(feature = "decision-log"))]
            started: std::marker::PhantomData,
            observing: Observing::start(self),
        }
    }

    /// Starts the record of a list.
    #[inline]
    pub(crate) fn list_recording(&self) -> ListRecording<'_> {
        ListRecording {
            #[cfg(feature = "decision-log")]
            started: self.started(),
            #[cfg(not(feature = "decision-log"))]
            started: std::marker::PhantomData,
            observing: ObservingList::start(self),
        }
    }

    #[cfg(feature = "decision-log")]
    #[inline]
    fn started(&self) -> Option<Started<'_>> {
        self.inner.decision_log.as_ref().map(|log| Started {
            log,
            authorizer: self,
            at: log.read_clock(),
        })
    }

    /// Runs a check that is repeated if it needs keys of resources, or if it is the first half of a check that needs the
    /// body. Logs only the decisions of the last time.
    pub(crate) fn recording_last<T>(
        &self,
        check: impl FnOnce() -> Result<T, Denied>,
    ) -> Result<T, Denied> {
        #[cfg(any(feature = "decision-log", feature = "metrics"))]
        if self.keeps_decisions() {
            let repetition = Repetition::start();
            #[cfg(feature = "decision-log")]
            let logged = self.inner.decision_log.as_ref().map(DecisionLog::stage);
            #[cfg(feature = "metrics")]
            let measured = self.inner.metrics.as_ref().map(Metrics::stage);
            let outcome = check();
            let pending = outcome.as_ref().err().and_then(Denied::pending);
            let needs_keys = matches!(pending, Some(Pending::ResourceKeys(_)));
            if !needs_keys && !repetition.is_announced() {
                #[cfg(feature = "decision-log")]
                logged.into_iter().for_each(Stage::keep);
                #[cfg(feature = "metrics")]
                measured.into_iter().for_each(Measures::keep);
            }
            return outcome;
        }
        check()
    }

    /// Whether decisions are logged or counted.
    #[cfg(any(feature = "decision-log", feature = "metrics"))]
    fn keeps_decisions(&self) -> bool {
        #[cfg(feature = "metrics")]
        if self.inner.metrics.is_some() {
            return true;
        }
        #[cfg(feature = "decision-log")]
        if self.inner.decision_log.is_some() {
            return true;
        }
        false
    }
}

#[cfg(feature = "decision-log")]
impl Authorizer {
    /// Returns the decision log.
    pub fn decision_log(&self) -> Option<&DecisionLog> {
        self.inner.decision_log.as_ref()
    }
}

#[cfg(feature = "decision-log")]
impl AuthorizerBuilder {
    /// Logs every decision, see [`decision_log`](crate::decision_log). Without this setting, a decision costs one branch
    /// more.
    #[must_use]
    pub fn decision_log(mut self, log: DecisionLog) -> Self {
        self.decision_log = Some(log);
        self
    }
}

#[cfg(feature = "decision-log")]
impl Started<'_> {
    /// Hands the decision over. `reading` has the notes of the keys that were read, and `names_resource` is whether the
    /// record contains the resource.
    fn push(
        self,
        state: &PolicyState,
        request: &Request<'_>,
        action: EntryAction,
        result: EntryResult<'_>,
        reading: Option<Reading>,
        names_resource: bool,
    ) {
        // Before the notes are borrowed, because code of the application may supply the id.
        let id = self.log.request_id_key().map(|key| request.find(key));
        let id = match &id {
            Some(Lookup::Present(id)) => Some(id.text()),
            _ => None,
        };
        let scope = request.scope().unwrap_or(self.authorizer.scope());
        let requested = EntryResource::of(request.resource(), action, scope);
        let names_resource = names_resource && !request.resource_is_unknown();
        let at = self.log.read_clock();
        let hand_over = |notes: &[u8]| {
            self.log.push(&Entry {
                started: self.at,
                at,
                result,
                principal: request.principal(),
                revision: state.revision(),
                action,
                scope,
                names_scope: names_scope(request, &requested, scope),
                texts: NewTexts {
                    notes,
                    resource: match names_resource {
                        true => requested,
                        false => EntryResource::None,
                    },
                    action: match action {
                        EntryAction::Text => Some(request.action()),
                        EntryAction::Known(_) | EntryAction::All(_) => None,
                    },
                    resource_account: request.given_resource_account(),
                    request_id: id.as_deref().map(cut_id),
                },
            });
        };
        match reading {
            Some(reading) => reading.finish(hand_over),
            None => hand_over(&[]),
        }
    }
}

#[cfg(feature = "decision-log")]
impl Recording<'_> {
    /// Lets the request note the keys that the decision reads.
    #[inline]
    pub(crate) fn noting<'q, 'r>(&self, request: &'q Request<'r>) -> Cow<'q, Request<'r>> {
        match self.started {
            Some(_) => Cow::Owned(request.noting_keys()),
            None => Cow::Borrowed(request),
        }
    }

    /// Writes the record of a decision. An indeterminate one is a denial.
    #[inline]
    pub(crate) fn end(self, state: &PolicyState, request: &Request<'_>, evaluation: &Evaluation) {
        self.observing.decided(request, evaluation);
        if self.started.is_some() {
            self.write(
                state,
                request,
                match evaluation {
                    Evaluation::Decided(decision) => EntryResult::of(decision),
                    Evaluation::Indeterminate(keys) => EntryResult::indeterminate(keys),
                },
            );
        }
    }

    /// Writes the record of a check that needs these keys.
    pub(crate) fn end_undecided(
        self,
        state: &PolicyState,
        request: &Request<'_>,
        keys: &MissingKeys,
    ) {
        self.observing.undecided(request);
        self.write(state, request, EntryResult::undecided(keys));
    }

    /// Writes the record of a constraint on rows, or of its denial.
    pub(crate) fn end_constraint(
        self,
        state: &PolicyState,
        request: &Request<'_>,
        constraint: Result<&Constraint, &DeniedBy>,
    ) {
        self.observing.constrained(request, constraint.err());
        let result = match constraint {
            Ok(constraint) => EntryResult::list(RecordedList::Constraint {
                rows: match constraint {
                    Constraint::All => RecordedRows::All,
                    Constraint::Nothing => RecordedRows::Nothing,
                    Constraint::Where(_) => RecordedRows::Where,
                    Constraint::Candidates(_) => RecordedRows::Candidates,
                },
            }),
            Err(by) => EntryResult::denied(by.reason()),
        };
        let Some((started, reading)) = self.started else {
            return;
        };
        let action = EntryAction::of(request.action());
        started.push(state, request, action, result, Some(reading), false);
    }

    #[cold]
    fn write(self, state: &PolicyState, request: &Request<'_>, result: EntryResult<'_>) {
        let Some((started, reading)) = self.started else {
            return;
        };
        let action = EntryAction::of(request.action());
        started.push(state, request, action, result, Some(reading), true);
    }
}

#[cfg(feature = "decision-log")]
impl ListRecording<'_> {
    /// Writes the record of a list. `request` is one of its requests, or about all resources.
    pub(crate) fn end(
        self,
        state: &PolicyState,
        request: &Request<'_>,
        of: ListOf,
        considered: usize,
        selected: usize,
    ) {
        self.observing.listed(&of);
        let Some(started) = self.started else { return };
        let (considered, selected) = (considered as u64, selected as u64);
        let (action, list) = match of {
            ListOf::Resources(action) => (
                EntryAction::Known(action),
                RecordedList::Filter {
                    considered,
                    selected,
                },
            ),
            ListOf::Actions(service) => (
                EntryAction::All(service),
                RecordedList::Actions {
                    considered,
                    selected,
                },
            ),
        };
        let names_resource = matches!(of, ListOf::Actions(_));
        let result = EntryResult::list(list);
        started.push(state, request, action, result, None, names_resource);
    }
}

#[cfg(not(feature = "decision-log"))]
impl Recording<'_> {
    #[inline]
    pub(crate) const fn noting<'q, 'r>(&self, request: &'q Request<'r>) -> Cow<'q, Request<'r>> {
        Cow::Borrowed(request)
    }

    #[inline]
    pub(crate) fn end(self, _: &PolicyState, request: &Request<'_>, evaluation: &Evaluation) {
        self.observing.decided(request, evaluation);
    }

    #[inline]
    pub(crate) fn end_undecided(self, _: &PolicyState, request: &Request<'_>, _: &MissingKeys) {
        self.observing.undecided(request);
    }

    #[inline]
    pub(crate) fn end_constraint(
        self,
        _: &PolicyState,
        request: &Request<'_>,
        constraint: Result<&Constraint, &DeniedBy>,
    ) {
        self.observing.constrained(request, constraint.err());
    }
}

#[cfg(not(feature = "decision-log"))]
impl ListRecording<'_> {
    #[inline]
    pub(crate) fn end(self, _: &PolicyState, _: &Request<'_>, of: ListOf, _: usize, _: usize) {
        self.observing.listed(&of);
    }
}
