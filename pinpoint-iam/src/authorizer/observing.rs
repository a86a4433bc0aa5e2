//! What metrics and spans learn from decisions.
//!
//! Without the features `metrics` and `spans` nothing here does anything, so that the checks need no conditional
//! compilation.

use super::{Authorizer, ListOf};
use crate::eval::{DeniedBy, Evaluation};
use crate::request::Request;

#[cfg(any(feature = "metrics", feature = "spans"))]
use crate::eval::{AllowReason, Decision, DenyReason};

#[cfg(feature = "metrics")]
use super::measuring::Measuring;

/// A decision that is being made. It is counted by one of its methods or not at all.
#[must_use]
pub(super) struct Observing<'a> {
    #[cfg(feature = "metrics")]
    measuring: Option<Measuring<'a>>,
    #[cfg(feature = "spans")]
    span: tracing::span::EnteredSpan,
    authorizer: std::marker::PhantomData<&'a Authorizer>,
}

/// A list that is being made.
#[must_use]
pub(super) struct ObservingList<'a> {
    #[cfg(feature = "metrics")]
    measuring: Option<Measuring<'a>>,
    /// Not entered, because a list may wait for keys of resources.
    #[cfg(feature = "spans")]
    span: tracing::Span,
    authorizer: std::marker::PhantomData<&'a Authorizer>,
}

/// The subject of a decision: the service and the name of the action. Both are from a catalog.
#[cfg(any(feature = "metrics", feature = "spans"))]
#[derive(Clone, Copy)]
pub(super) struct Subject {
    pub(super) service: &'static str,
    pub(super) action: &'static str,
}

/// The result of a decision, in the words of the decision log.
#[cfg(any(feature = "metrics", feature = "spans"))]
#[derive(Clone, Copy)]
pub(super) struct Observed {
    pub(super) outcome: &'static str,
    /// Empty for lists.
    pub(super) reason: &'static str,
}

#[cfg(any(feature = "metrics", feature = "spans"))]
impl Subject {
    /// The name of an action without metadata may come from a caller, so it is left out.
    fn of(request: &Request<'_>) -> Self {
        match request.action().metadata() {
            Some(known) => Self {
                service: known.service.prefix,
                action: known.name,
            },
            None => Self {
                service: "other",
                action: "other",
            },
        }
    }

    fn of_list(list: &ListOf) -> Self {
        match list {
            ListOf::Resources(action) => Self {
                service: action.service.prefix,
                action: action.name,
            },
            ListOf::Actions(service) => Self {
                service: service.prefix,
                action: "*",
            },
        }
    }
}

#[cfg(any(feature = "metrics", feature = "spans"))]
impl Observed {
    const UNDECIDED: Self = Self {
        outcome: "undecided",
        reason: "indeterminate",
    };
    const LIST: Self = Self {
        outcome: "list",
        reason: "",
    };

    fn of(evaluation: &Evaluation) -> Self {
        match evaluation {
            Evaluation::Decided(Decision::Allow(by)) => Self {
                outcome: "allow",
                reason: match by.reason() {
                    AllowReason::Statement(_) => "statement",
                    AllowReason::RootUser => "root_user",
                },
            },
            Evaluation::Decided(Decision::Deny(by)) => Self::denied(by),
            Evaluation::Indeterminate(_) => Self {
                outcome: "deny",
                reason: "indeterminate",
            },
        }
    }

    fn denied(by: &DeniedBy) -> Self {
        Self {
            outcome: "deny",
            reason: match by.reason() {
                DenyReason::ExplicitDeny(_) => "explicit_deny",
                DenyReason::ImplicitDeny(_) => "implicit_deny",
                DenyReason::Indeterminate(_) => "indeterminate",
                DenyReason::PoliciesUnavailable => "policies_unavailable",
                DenyReason::PoliciesExpired => "policies_expired",
                DenyReason::PoliciesNotLoaded => "policies_not_loaded",
                DenyReason::SeveralBoundaries => "several_boundaries",
                DenyReason::SessionPoliciesRejected => "session_policies_rejected",
            },
        }
    }
}

#[cfg(feature = "spans")]
fn span() -> tracing::Span {
    tracing::debug_span!(
        target: "pinpoint_iam::check",
        "check",
        service = tracing::field::Empty,
        action = tracing::field::Empty,
        outcome = tracing::field::Empty,
        reason = tracing::field::Empty,
    )
}

#[cfg(feature = "spans")]
fn record(span: &tracing::Span, subject: Subject, observed: Observed) {
    span.record("service", subject.service);
    span.record("action", subject.action);
    span.record("outcome", observed.outcome);
    span.record("reason", observed.reason);
}

impl<'a> Observing<'a> {
    #[inline]
    #[cfg_attr(
        not(feature = "metrics"),
        expect(unused_variables, reason = "only metrics belong to an authorizer")
    )]
    pub(super) fn start(authorizer: &'a Authorizer) -> Self {
        Self {
            #[cfg(feature = "metrics")]
            measuring: Measuring::start(authorizer),
            #[cfg(feature = "spans")]
            span: span().entered(),
            authorizer: std::marker::PhantomData,
        }
    }
}

impl<'a> ObservingList<'a> {
    #[inline]
    #[cfg_attr(
        not(feature = "metrics"),
        expect(unused_variables, reason = "only metrics belong to an authorizer")
    )]
    pub(super) fn start(authorizer: &'a Authorizer) -> Self {
        Self {
            #[cfg(feature = "metrics")]
            measuring: Measuring::start(authorizer),
            #[cfg(feature = "spans")]
            span: span(),
            authorizer: std::marker::PhantomData,
        }
    }
}

#[cfg(any(feature = "metrics", feature = "spans"))]
impl Observing<'_> {
    /// The decision was made. An indeterminate one is a denial.
    #[inline]
    pub(super) fn decided(&self, request: &Request<'_>, evaluation: &Evaluation) {
        self.end(request, || Observed::of(evaluation));
    }

    /// The check needs further keys.
    pub(super) fn undecided(&self, request: &Request<'_>) {
        self.end(request, || Observed::UNDECIDED);
    }

    /// A constraint on rows was made, unless it was denied.
    pub(super) fn constrained(&self, request: &Request<'_>, denied: Option<&DeniedBy>) {
        self.end(request, || denied.map_or(Observed::LIST, Observed::denied));
    }

    #[inline]
    fn end(&self, request: &Request<'_>, observed: impl Fn() -> Observed) {
        #[cfg(feature = "metrics")]
        if let Some(measuring) = &self.measuring {
            measuring.end(Subject::of(request), observed());
        }
        #[cfg(feature = "spans")]
        if !self.span.is_disabled() {
            record(&self.span, Subject::of(request), observed());
        }
    }
}

#[cfg(any(feature = "metrics", feature = "spans"))]
impl ObservingList<'_> {
    /// The list was made.
    pub(super) fn listed(&self, of: &ListOf) {
        let subject = Subject::of_list(of);
        #[cfg(feature = "metrics")]
        if let Some(measuring) = &self.measuring {
            measuring.end(subject, Observed::LIST);
        }
        #[cfg(feature = "spans")]
        record(&self.span, subject, Observed::LIST);
    }
}

#[cfg(not(any(feature = "metrics", feature = "spans")))]
#[expect(
    clippy::unused_self,
    reason = "as with the features `metrics` and `spans`"
)]
impl Observing<'_> {
    #[inline]
    pub(super) const fn decided(&self, _: &Request<'_>, _: &Evaluation) {}

    pub(super) const fn undecided(&self, _: &Request<'_>) {}

    pub(super) const fn constrained(&self, _: &Request<'_>, _: Option<&DeniedBy>) {}
}

#[cfg(not(any(feature = "metrics", feature = "spans")))]
#[expect(
    clippy::unused_self,
    reason = "as with the features `metrics` and `spans`"
)]
impl ObservingList<'_> {
    pub(super) const fn listed(&self, _: &ListOf) {}
}
