//! Records the requests that an authorizer evaluates.

use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use crate::authorizer::Authorizer;
use crate::eval::{Decision, Evaluation};
use crate::request::Request;

/// Records requests to authorizers with their outcomes. Clones share one record.
#[derive(Clone, Debug, Default)]
pub struct Recorder(Arc<Mutex<Vec<RecordedRequest>>>);

/// One request to an authorizer, with its outcome.
///
/// A check that has to wait for tags of the resource or for the body is evaluated again later. Its first evaluation is
/// recorded as [undecided](Outcome::Undecided).
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct RecordedRequest {
    /// The ARN of the caller, the name of a service, or `anonymous`.
    pub principal: String,
    /// The action, for example `mobiletargeting:GetCampaign`.
    pub action: String,
    /// The ARN of the resource, or `*`.
    pub resource: String,
    /// The outcome.
    pub outcome: Outcome,
}

/// The outcome of an evaluation.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// The request is allowed.
    Allowed,
    /// The request is denied.
    Refused,
    /// The decision depends on condition keys that are unavailable, or not available yet.
    Undecided,
}

impl Recorder {
    /// Creates an empty recorder.
    pub fn new() -> Self {
        Self::default()
    }

    /// Returns a copy of `authorizer` that reports to this recorder. Its decisions do not change.
    #[must_use]
    pub fn watch(&self, authorizer: &Authorizer) -> Authorizer {
        let recorder = self.clone();
        authorizer.with_hooks(|hooks| {
            hooks.observe(move |request, evaluation| recorder.note(request, evaluation));
        })
    }

    /// Returns the requests so far, in order.
    pub fn requests(&self) -> Vec<RecordedRequest> {
        self.lock().clone()
    }

    /// Returns the requests so far, in order, and clears the record.
    pub fn take(&self) -> Vec<RecordedRequest> {
        std::mem::take(&mut *self.lock())
    }

    fn note(&self, request: &Request<'_>, answer: &Evaluation) {
        self.lock().push(RecordedRequest {
            principal: request.principal().to_string(),
            action: request.action().to_string(),
            resource: request.resource().to_string(),
            outcome: match answer {
                Evaluation::Decided(Decision::Allow(_)) => Outcome::Allowed,
                Evaluation::Decided(Decision::Deny(_)) => Outcome::Refused,
                Evaluation::Indeterminate(_) => Outcome::Undecided,
            },
        });
    }

    /// Ignores poisoning: the test that panicked while it held the lock has already failed.
    fn lock(&self) -> MutexGuard<'_, Vec<RecordedRequest>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl fmt::Display for RecordedRequest {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self {
            principal,
            action,
            resource,
            outcome,
        } = self;
        write!(formatter, "{principal} {action} {resource}: {outcome}")
    }
}

impl fmt::Display for Outcome {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(match self {
            Self::Allowed => "allowed",
            Self::Refused => "refused",
            Self::Undecided => "undecided",
        })
    }
}
