//! What an authorizer was asked.

use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use crate::authorizer::Authorizer;
use crate::eval::{Decision, Evaluation};
use crate::request::Request;

/// Keeps what authorizers are asked, and what they answer. Clones keep the same record.
#[derive(Clone, Debug, Default)]
pub struct Recorder(Arc<Mutex<Vec<RecordedRequest>>>);

/// One question to an authorizer, with the answer.
///
/// A check that has to wait, for tags of the resource or for the body, asks again: such a question is
/// [undecided](Outcome::Undecided) at first.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct RecordedRequest {
    /// The ARN of the caller; the name of a service, or `anonymous`.
    pub principal: String,
    /// The action, for example `mobiletargeting:GetCampaign`.
    pub action: String,
    /// The ARN of the resource, or `*`.
    pub resource: String,
    /// The answer.
    pub outcome: Outcome,
}

/// What an authorizer answered.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// The request is allowed.
    Allowed,
    /// The request is refused.
    Refused,
    /// The answer depends on condition keys that are not known, or not yet.
    Undecided,
}

impl Recorder {
    /// A recorder that has seen nothing.
    pub fn new() -> Self {
        Self::default()
    }

    /// `authorizer`, with this recorder in front of it. The answers are those of `authorizer`.
    #[must_use]
    pub fn watch(&self, authorizer: &Authorizer) -> Authorizer {
        authorizer.with_double(|double| double.recorders.push(self.clone()))
    }

    /// What was asked so far, in the order of asking.
    pub fn requests(&self) -> Vec<RecordedRequest> {
        self.lock().clone()
    }

    /// What was asked so far, which is then forgotten.
    pub fn take(&self) -> Vec<RecordedRequest> {
        std::mem::take(&mut *self.lock())
    }

    pub(super) fn note(&self, request: &Request<'_>, answer: &Evaluation) {
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

    /// A test that failed while it held the record has said so already.
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
