//! One decision, as the request hands it to the log.

use std::io::Write as _;
use std::time::{Duration, Instant};

use crate::action::{ActionMetadata, ServiceMetadata};
use crate::arn::Scope;
use crate::decision_log::record::{OutcomeReason, RecordedList};
use crate::eval::{AllowReason, Decision, DenyReason, MissingKeys, StatementId};
use crate::freshness::Revision;
use crate::policy_stack::{Policy, PolicyType};
use crate::principal::Principal;
use crate::request::{Request, RequestedAction};
use crate::resource::RequestedResource;

/// One decision.
#[derive(Clone, Copy)]
pub(crate) struct Entry<'a> {
    /// When it was made.
    pub(crate) at: Instant,
    pub(crate) duration: Duration,
    pub(crate) result: EntryResult<'a>,
    pub(crate) principal: &'a Principal,
    pub(crate) revision: &'a Revision,
    pub(crate) action: EntryAction,
    pub(crate) scope: Option<&'a Scope>,
    pub(crate) texts: Texts<'a>,
}

/// The requested action.
#[derive(Clone, Copy)]
pub(crate) enum EntryAction {
    Known(&'static ActionMetadata),
    /// An action without metadata. It is one of the [texts](Texts).
    Text,
    /// All actions of a service.
    All(&'static ServiceMetadata),
}

impl EntryAction {
    pub(crate) fn of(action: RequestedAction<'_>) -> Self {
        action.metadata().map_or(Self::Text, Self::Known)
    }
}

/// The texts of a decision, one after the other, so that they are copied at once.
#[derive(Clone, Copy)]
pub(crate) struct Texts<'a> {
    pub(super) bytes: &'a [u8],
    pub(super) lengths: Lengths,
}

/// The lengths of the texts, in their order.
#[derive(Clone, Copy, Default)]
pub(crate) struct Lengths {
    /// The notes of the keys that were read.
    notes: usize,
    resource: usize,
    /// Of an action without metadata: `prefix:Name`.
    action: usize,
    resource_account: Option<usize>,
    request_id: Option<usize>,
}

/// The texts of a decision that are not notes.
#[derive(Clone, Copy)]
pub(crate) struct OtherTexts<'a> {
    pub(crate) resource: Option<RequestedResource<'a>>,
    /// An action without metadata.
    pub(crate) action: Option<RequestedAction<'a>>,
    pub(crate) resource_account: Option<&'a str>,
    pub(crate) request_id: Option<&'a str>,
}

impl OtherTexts<'_> {
    /// Appends the texts to `bytes`, which contain the notes from `start` on.
    pub(crate) fn append<'b>(&self, bytes: &'b mut Vec<u8>, start: usize) -> Texts<'b> {
        let mut end = start;
        let mut length = |now: usize| now.saturating_sub(std::mem::replace(&mut end, now));
        let notes = length(bytes.len());
        match self.resource {
            None => {}
            Some(RequestedResource::All) => bytes.push(b'*'),
            Some(RequestedResource::Arn(arn)) => {
                bytes.extend_from_slice(b"arn");
                for component in [
                    arn.partition(),
                    arn.service(),
                    arn.region(),
                    arn.account(),
                    arn.resource(),
                ] {
                    bytes.push(b':');
                    bytes.extend_from_slice(component.as_bytes());
                }
            }
        }
        let resource = length(bytes.len());
        if let Some(action) = self.action {
            // Writing to a vector cannot fail.
            let _ = write!(bytes, "{action}");
        }
        let action = length(bytes.len());
        let mut optional = |text: Option<&str>| {
            bytes.extend_from_slice(text?.as_bytes());
            Some(length(bytes.len()))
        };
        let lengths = Lengths {
            notes,
            resource,
            action,
            resource_account: optional(self.resource_account),
            request_id: optional(self.request_id),
        };
        Texts {
            bytes: bytes.get(start..).unwrap_or_default(),
            lengths,
        }
    }
}

/// The texts of a decision, one by one.
pub(super) struct Parts<'a> {
    pub(super) notes: &'a [u8],
    pub(super) resource: &'a str,
    pub(super) action: &'a str,
    pub(super) resource_account: Option<&'a str>,
    pub(super) request_id: Option<&'a str>,
}

impl<'a> Texts<'a> {
    pub(super) fn parts(self) -> Parts<'a> {
        let mut rest = self.bytes;
        let mut take = |length: usize| {
            let (taken, after) = rest.split_at_checked(length).unwrap_or_default();
            rest = after;
            taken
        };
        let text = |bytes: &'a [u8]| std::str::from_utf8(bytes).unwrap_or_default();
        let lengths = self.lengths;
        Parts {
            notes: take(lengths.notes),
            resource: text(take(lengths.resource)),
            action: text(take(lengths.action)),
            resource_account: lengths.resource_account.map(|length| text(take(length))),
            request_id: lengths.request_id.map(|length| text(take(length))),
        }
    }
}

/// The result of a decision.
#[derive(Clone, Copy)]
pub(crate) struct EntryResult<'a> {
    pub(super) kind: ResultKind,
    /// The statement that allows or denies the request: its policy, and its index.
    pub(super) statement: Option<(&'a Policy, usize)>,
    /// The keys that are not known.
    pub(super) needs: Option<&'a MissingKeys>,
}

/// The kind of a result.
#[derive(Clone, Copy)]
pub(super) enum ResultKind {
    /// A statement allows or denies the request.
    Cited {
        is_allowed: bool,
        policy_type: PolicyType,
    },
    RootUser,
    ImplicitDeny(PolicyType),
    Indeterminate,
    /// The check failed because keys were not known yet.
    Undecided,
    /// The policies may not be used.
    Unusable(OutcomeReason),
    List(RecordedList),
}

impl From<ResultKind> for EntryResult<'_> {
    fn from(kind: ResultKind) -> Self {
        Self {
            kind,
            statement: None,
            needs: None,
        }
    }
}

impl<'a> EntryResult<'a> {
    pub(crate) fn of(decision: &'a Decision) -> Self {
        match decision {
            Decision::Allow(by) => match by.reason() {
                AllowReason::Statement(statement) => Self::cited(true, statement),
                AllowReason::RootUser => ResultKind::RootUser.into(),
            },
            Decision::Deny(by) => Self::denied(by.reason()),
        }
    }

    pub(crate) fn denied(reason: &'a DenyReason) -> Self {
        let unusable = |reason| ResultKind::Unusable(reason).into();
        match reason {
            DenyReason::ExplicitDeny(statement) => Self::cited(false, statement),
            DenyReason::ImplicitDeny(policy_type) => ResultKind::ImplicitDeny(*policy_type).into(),
            DenyReason::Indeterminate(keys) => Self::indeterminate(keys),
            DenyReason::PoliciesUnavailable => unusable(OutcomeReason::PoliciesUnavailable),
            DenyReason::PoliciesExpired => unusable(OutcomeReason::PoliciesExpired),
            DenyReason::SeveralBoundaries => unusable(OutcomeReason::SeveralBoundaries),
            DenyReason::PoliciesNotLoaded => unusable(OutcomeReason::PoliciesNotLoaded),
            DenyReason::SessionPoliciesRejected => unusable(OutcomeReason::SessionPoliciesRejected),
        }
    }

    pub(crate) const fn indeterminate(keys: &'a MissingKeys) -> Self {
        Self {
            kind: ResultKind::Indeterminate,
            statement: None,
            needs: Some(keys),
        }
    }

    pub(crate) const fn undecided(keys: &'a MissingKeys) -> Self {
        Self {
            kind: ResultKind::Undecided,
            statement: None,
            needs: Some(keys),
        }
    }

    pub(crate) const fn list(list: RecordedList) -> Self {
        Self {
            kind: ResultKind::List(list),
            statement: None,
            needs: None,
        }
    }

    fn cited(is_allowed: bool, statement: &'a StatementId) -> Self {
        Self {
            kind: ResultKind::Cited {
                is_allowed,
                policy_type: statement.policy_type(),
            },
            // Not the id, which would keep the policies of all callers in memory.
            statement: Some((statement.policy(), statement.index())),
            needs: None,
        }
    }

    /// Whether the request was allowed, so that its record may be left out by sampling.
    pub(super) const fn is_allow(&self) -> bool {
        matches!(
            self.kind,
            ResultKind::RootUser
                | ResultKind::Cited {
                    is_allowed: true,
                    ..
                }
        )
    }
}

/// Returns the scope that a record needs: none if the resource contains its partition and account.
pub(crate) fn recorded_scope<'a>(
    request: &Request<'a>,
    deployment: &'a Scope,
) -> Option<&'a Scope> {
    let scope = request.scope().unwrap_or(deployment);
    match request.resource() {
        RequestedResource::Arn(arn)
            if !request.resource_is_unknown()
                && arn.partition() == scope.partition()
                && arn.account() == scope.account() =>
        {
            None
        }
        _ => Some(scope),
    }
}
