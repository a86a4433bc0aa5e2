//! One decision, as the request hands it to the log.

use std::io::Write as _;
use std::mem;
use std::num::NonZeroU32;

use pinpoint_iam_core::__private::is_equal;

use crate::action::{ActionMetadata, ServiceMetadata};
use crate::arn::{Arn, Scope};
use crate::decision_log::clock::ClockReading;
use crate::decision_log::record::{OutcomeReason, RecordedList};
use crate::eval::{AllowReason, Decision, DenyReason, MissingKeys, StatementId};
use crate::freshness::Revision;
use crate::policy_stack::{Policy, PolicyType};
use crate::principal::Principal;
use crate::request::{Request, RequestedAction};
use crate::resource::RequestedResource;

/// One decision.
#[derive(Clone, Copy)]
pub(crate) struct Entry<'a, T> {
    /// When it was started.
    pub(crate) started: ClockReading,
    /// When it was made.
    pub(crate) at: ClockReading,
    pub(crate) result: EntryResult<'a>,
    pub(crate) principal: &'a Principal,
    pub(crate) revision: &'a Revision,
    pub(crate) action: EntryAction,
    pub(crate) scope: &'a Scope,
    /// Whether the record contains the scope.
    pub(crate) names_scope: bool,
    pub(crate) texts: T,
}

/// The requested action.
#[derive(Clone, Copy)]
pub(crate) enum EntryAction {
    Known(&'static ActionMetadata),
    /// An action without metadata. It is one of the texts.
    Text,
    /// All actions of a service.
    All(&'static ServiceMetadata),
}

impl EntryAction {
    pub(crate) fn of(action: RequestedAction<'_>) -> Self {
        action.metadata().map_or(Self::Text, Self::Known)
    }

    /// Returns the prefix of the service, if it has metadata.
    pub(super) const fn service(self) -> Option<&'static str> {
        match self {
            Self::Known(action) => Some(action.service.prefix),
            Self::Text => None,
            Self::All(service) => Some(service.prefix),
        }
    }
}

/// The texts of a decision that is handed over.
#[derive(Clone, Copy)]
pub(crate) struct NewTexts<'a> {
    /// The notes of the keys that were read.
    pub(crate) notes: &'a [u8],
    pub(crate) resource: EntryResource<'a>,
    /// An action without metadata.
    pub(crate) action: Option<RequestedAction<'a>>,
    pub(crate) resource_account: Option<&'a str>,
    pub(crate) request_id: Option<&'a str>,
}

/// The resource that a record contains.
#[derive(Clone, Copy)]
pub(crate) enum EntryResource<'a> {
    /// None.
    None,
    /// All resources.
    All,
    /// The last component of an ARN whose service is that of the action, and whose other components are those of the scope.
    InScope(&'a str),
    /// Any ARN.
    Arn(Arn<'a>),
}

impl<'a> EntryResource<'a> {
    /// The resource of a request for an `action`, whose scope is `scope`.
    #[inline]
    pub(crate) fn of(resource: RequestedResource<'a>, action: EntryAction, scope: &Scope) -> Self {
        let arn = match resource {
            RequestedResource::All => return Self::All,
            RequestedResource::Arn(arn) => arn,
        };
        let is_same = |left: &str, right: &str| is_equal(left.as_bytes(), right.as_bytes());
        match action.service() {
            Some(service)
                if is_same(arn.service(), service)
                    && is_same(arn.account(), scope.account())
                    && is_same(arn.region(), scope.region())
                    && is_same(arn.partition(), scope.partition()) =>
            {
                Self::InScope(arn.resource())
            }
            _ => Self::Arn(arn),
        }
    }

    /// Whether its ARN contains the partition and the account of `scope`.
    fn contains(&self, scope: &Scope) -> bool {
        match self {
            Self::None | Self::All => false,
            Self::InScope(_) => true,
            Self::Arn(arn) => {
                arn.partition() == scope.partition() && arn.account() == scope.account()
            }
        }
    }
}

/// Texts that can be added to a queue.
pub(super) trait AppendTexts {
    /// Appends the texts to `bytes`, one after the other.
    fn append(&self, bytes: &mut Vec<u8>) -> Lengths;
}

/// The lengths of texts, in their order, and what the resource is.
///
/// Texts are far shorter than 4 GiB: ARNs, ids and notes have limits. A longer one would be missing in the record.
#[derive(Clone, Copy, Default)]
pub(super) struct Lengths {
    notes: u32,
    resource: u32,
    /// Of an action without metadata: `prefix:Name`.
    action: u32,
    resource_account: OptionalLength,
    request_id: OptionalLength,
    is_in_scope: bool,
}

impl Lengths {
    fn sum(self) -> usize {
        let Self {
            notes,
            resource,
            action,
            resource_account,
            request_id,
            is_in_scope: _,
        } = self;
        let optional = [resource_account, request_id].map(|length| length.get().unwrap_or(0));
        let lengths = [notes, resource, action].into_iter().chain(optional);
        lengths.map(|length| length as usize).sum()
    }
}

/// The length of a text that may be missing, which is more than its length by one.
#[derive(Clone, Copy, Default)]
struct OptionalLength(Option<NonZeroU32>);

impl OptionalLength {
    fn of(length: u32) -> Self {
        Self(NonZeroU32::new(length.saturating_add(1)))
    }

    fn get(self) -> Option<u32> {
        Some(self.0?.get().saturating_sub(1))
    }
}

impl AppendTexts for NewTexts<'_> {
    #[inline]
    fn append(&self, bytes: &mut Vec<u8>) -> Lengths {
        let mut end = bytes.len();
        let mut length = |now: usize| {
            let length = now.saturating_sub(mem::replace(&mut end, now));
            u32::try_from(length).unwrap_or(u32::MAX)
        };
        bytes.extend_from_slice(self.notes);
        let notes = length(bytes.len());
        match self.resource {
            EntryResource::None => {}
            EntryResource::All => bytes.push(b'*'),
            EntryResource::InScope(resource) => bytes.extend_from_slice(resource.as_bytes()),
            EntryResource::Arn(arn) => {
                // Writing to a vector cannot fail.
                let _ = write!(bytes, "{arn}");
            }
        }
        let resource = length(bytes.len());
        if let Some(action) = self.action {
            let _ = write!(bytes, "{action}");
        }
        let action = length(bytes.len());
        let mut optional = |text: Option<&str>| match text {
            Some(text) => {
                bytes.extend_from_slice(text.as_bytes());
                OptionalLength::of(length(bytes.len()))
            }
            None => OptionalLength::default(),
        };
        Lengths {
            notes,
            resource,
            action,
            resource_account: optional(self.resource_account),
            request_id: optional(self.request_id),
            is_in_scope: matches!(self.resource, EntryResource::InScope(_)),
        }
    }
}

/// The texts of a decision in a queue.
#[derive(Clone, Copy)]
pub(super) struct QueuedTexts<'a> {
    /// Starts with the texts.
    pub(super) bytes: &'a [u8],
    pub(super) lengths: Lengths,
}

impl AppendTexts for QueuedTexts<'_> {
    fn append(&self, bytes: &mut Vec<u8>) -> Lengths {
        let length = self.lengths.sum();
        bytes.extend_from_slice(self.bytes.get(..length).unwrap_or_default());
        self.lengths
    }
}

/// The texts of a decision, one by one.
pub(super) struct Parts<'a> {
    pub(super) notes: &'a [u8],
    pub(super) resource: &'a str,
    /// Whether the resource is [in the scope](EntryResource::InScope).
    pub(super) is_in_scope: bool,
    pub(super) action: &'a str,
    pub(super) resource_account: Option<&'a str>,
    pub(super) request_id: Option<&'a str>,
}

impl<'a> QueuedTexts<'a> {
    pub(super) fn parts(self) -> Parts<'a> {
        let mut rest = self.bytes;
        let mut take = |length: u32| {
            let (taken, after) = rest.split_at_checked(length as usize).unwrap_or_default();
            rest = after;
            taken
        };
        let text = |bytes: &'a [u8]| std::str::from_utf8(bytes).unwrap_or_default();
        let lengths = self.lengths;
        Parts {
            notes: take(lengths.notes),
            resource: text(take(lengths.resource)),
            is_in_scope: lengths.is_in_scope,
            action: text(take(lengths.action)),
            resource_account: lengths
                .resource_account
                .get()
                .map(|length| text(take(length))),
            request_id: lengths.request_id.get().map(|length| text(take(length))),
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
    pub(super) list: Option<RecordedList>,
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
    List,
}

impl From<ResultKind> for EntryResult<'_> {
    fn from(kind: ResultKind) -> Self {
        Self {
            kind,
            statement: None,
            needs: None,
            list: None,
        }
    }
}

impl<'a> EntryResult<'a> {
    #[inline]
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
            list: None,
        }
    }

    pub(crate) const fn undecided(keys: &'a MissingKeys) -> Self {
        Self {
            kind: ResultKind::Undecided,
            statement: None,
            needs: Some(keys),
            list: None,
        }
    }

    pub(crate) const fn list(list: RecordedList) -> Self {
        Self {
            kind: ResultKind::List,
            statement: None,
            needs: None,
            list: Some(list),
        }
    }

    #[inline]
    fn cited(is_allowed: bool, statement: &'a StatementId) -> Self {
        Self {
            kind: ResultKind::Cited {
                is_allowed,
                policy_type: statement.policy_type(),
            },
            // Not the id, which would keep the policies of all callers in memory.
            statement: Some((statement.policy(), statement.index())),
            needs: None,
            list: None,
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

/// Whether a record needs the scope of its request, because the resource does not contain its partition and account.
#[inline]
pub(crate) fn names_scope(
    request: &Request<'_>,
    resource: &EntryResource<'_>,
    scope: &Scope,
) -> bool {
    request.resource_is_unknown() || !resource.contains(scope)
}
