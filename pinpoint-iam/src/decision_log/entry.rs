//! A decision in the queue, as compact owned data.

use std::borrow::Cow;
use std::time::{Duration, Instant, SystemTime};

use serde_json::value::to_raw_value;

use crate::action::{ActionMetadata, ServiceMetadata};
use crate::arn::Scope;
use crate::context::{ConditionKey, Value};
use crate::decision_log::record::{
    FormatVersion, Outcome, OutcomeReason, Record, RecordedKey, RecordedKeys, RecordedKind,
    RecordedList, RecordedPolicy, RecordedPrincipal, RecordedStatement, RecordedValue,
};
use crate::eval::{AllowReason, Decision, DenyReason, MissingKeys, StatementId};
use crate::freshness::Revision;
use crate::policy_stack::{Policy, PolicyType};
use crate::principal::{Principal, PrincipalKind};
use crate::read_keys::{Noted, NotedValue, NotedValues, Notes};
use crate::request::{Request, RequestedAction};
use crate::resource::RequestedResource;

/// One decision.
pub(crate) struct Entry {
    /// When it was made.
    pub(crate) at: Instant,
    pub(crate) duration: Duration,
    pub(crate) result: EntryResult,
    pub(crate) principal: Principal,
    pub(crate) revision: Revision,
    pub(crate) action: EntryAction,
    /// The notes of the keys that were read, followed by the resource.
    pub(crate) bytes: Box<[u8]>,
    /// The length of the notes.
    pub(crate) notes: usize,
    pub(crate) scope: Option<Scope>,
    pub(crate) resource_account: Option<Box<str>>,
    pub(crate) request_id: Option<Box<str>>,
}

/// The requested action.
pub(crate) enum EntryAction {
    Known(&'static ActionMetadata),
    /// An action without metadata: `prefix:Name`.
    Text(Box<str>),
    /// All actions of a service.
    All(&'static ServiceMetadata),
}

impl EntryAction {
    pub(crate) fn of(action: RequestedAction<'_>) -> Self {
        match action.metadata() {
            Some(known) => Self::Known(known),
            None => Self::Text(action.to_string().into()),
        }
    }
}

/// The result of a decision.
pub(crate) enum EntryResult {
    /// A statement allows or denies the request.
    Cited {
        is_allowed: bool,
        policy_type: PolicyType,
        policy: Policy,
        index: usize,
    },
    RootUser,
    ImplicitDeny(PolicyType),
    Indeterminate(MissingKeys),
    /// The check failed because keys were not known yet.
    Undecided(MissingKeys),
    /// The policies may not be used.
    Unusable(OutcomeReason),
    List(RecordedList),
}

impl EntryResult {
    pub(crate) fn of(decision: &Decision) -> Self {
        match decision {
            Decision::Allow(by) => match by.reason() {
                AllowReason::Statement(statement) => Self::cited(true, statement),
                AllowReason::RootUser => Self::RootUser,
            },
            Decision::Deny(by) => Self::denied(by.reason()),
        }
    }

    pub(crate) fn denied(reason: &DenyReason) -> Self {
        match reason {
            DenyReason::ExplicitDeny(statement) => Self::cited(false, statement),
            DenyReason::ImplicitDeny(policy_type) => Self::ImplicitDeny(*policy_type),
            DenyReason::Indeterminate(keys) => Self::Indeterminate(keys.clone()),
            DenyReason::PoliciesUnavailable => Self::Unusable(OutcomeReason::PoliciesUnavailable),
            DenyReason::PoliciesExpired => Self::Unusable(OutcomeReason::PoliciesExpired),
            DenyReason::SeveralBoundaries => Self::Unusable(OutcomeReason::SeveralBoundaries),
            DenyReason::PoliciesNotLoaded => Self::Unusable(OutcomeReason::PoliciesNotLoaded),
            DenyReason::SessionPoliciesRejected => {
                Self::Unusable(OutcomeReason::SessionPoliciesRejected)
            }
        }
    }

    fn cited(is_allowed: bool, statement: &StatementId) -> Self {
        Self::Cited {
            is_allowed,
            policy_type: statement.policy_type(),
            // Not the id, which would keep the policies of all callers in memory.
            policy: statement.policy().clone(),
            index: statement.index(),
        }
    }

    /// Whether the request was allowed, so that its record may be left out by sampling.
    pub(super) const fn is_allow(&self) -> bool {
        matches!(
            self,
            Self::RootUser
                | Self::Cited {
                    is_allowed: true,
                    ..
                }
        )
    }
}

/// Returns the scope that a record needs: none if the resource contains its partition and account.
pub(crate) fn recorded_scope(request: &Request<'_>, deployment: &Scope) -> Option<Scope> {
    let scope = request.scope().unwrap_or(deployment);
    match request.resource() {
        RequestedResource::Arn(arn)
            if !request.resource_is_unknown()
                && arn.partition() == scope.partition()
                && arn.account() == scope.account() =>
        {
            None
        }
        _ => Some(scope.clone()),
    }
}

/// How records are made of entries.
pub(super) struct Recorder {
    /// The masked keys; a name that ends in `/` is a prefix.
    pub(super) masked: Vec<ConditionKey>,
    pub(super) sampled: Option<u32>,
}

impl Recorder {
    fn masks(&self, name: &str) -> bool {
        self.masked.iter().any(|masked| {
            let masked = masked.folded();
            match masked.ends_with('/') {
                true => name
                    .get(..masked.len())
                    .is_some_and(|start| start.eq_ignore_ascii_case(masked)),
                false => name.eq_ignore_ascii_case(masked),
            }
        })
    }

    /// Returns the record of `entry`, where the clocks show `now`.
    pub(super) fn record<'a>(&self, entry: &'a Entry, now: (SystemTime, Instant)) -> Record<'a> {
        let (notes, resource) = entry
            .bytes
            .split_at_checked(entry.notes)
            .unwrap_or_default();
        let resource = std::str::from_utf8(resource).unwrap_or_default();
        let mut record = Record {
            version: FormatVersion,
            time: now
                .0
                .checked_sub(now.1.saturating_duration_since(entry.at))
                .unwrap_or(now.0),
            request_id: entry.request_id.as_deref().map(Cow::Borrowed),
            principal: principal(&entry.principal),
            action: match &entry.action {
                EntryAction::Known(action) => Cow::Owned(action.to_string()),
                EntryAction::Text(text) => Cow::Borrowed(text),
                EntryAction::All(service) => Cow::Owned(format!("{}:*", service.prefix)),
            },
            resource: (!resource.is_empty()).then_some(Cow::Borrowed(resource)),
            scope: entry.scope.as_ref().map(|scope| {
                let (partition, region) = (scope.partition(), scope.region());
                Cow::Owned(format!("{partition}:{region}:{}", scope.account()))
            }),
            resource_account: entry.resource_account.as_deref().map(Cow::Borrowed),
            keys: RecordedKeys(Notes(notes).map(|noted| self.key(noted)).collect()),
            outcome: Outcome::Deny,
            reason: None,
            policy_type: None,
            statement: None,
            needs: Vec::new(),
            list: None,
            revision: Cow::Borrowed(entry.revision.as_str()),
            sampled: None,
            duration: entry.duration,
        };
        let needs = |keys: &'a MissingKeys| keys.iter().map(|key| key.as_str().into()).collect();
        match &entry.result {
            EntryResult::Cited {
                is_allowed,
                policy_type,
                policy,
                index,
            } => {
                (record.outcome, record.reason) = match is_allowed {
                    true => (Outcome::Allow, Some(OutcomeReason::Statement)),
                    false => (Outcome::Deny, Some(OutcomeReason::ExplicitDeny)),
                };
                record.policy_type = Some(policy_type.name().into());
                let statement = policy.document().statements().get(*index);
                let sid = statement.and_then(|statement| statement.sid());
                record.statement = Some(RecordedStatement {
                    policy: policy.name().into(),
                    number: index.saturating_add(1),
                    sid: sid.filter(|sid| !sid.is_empty()).map(Cow::Borrowed),
                });
            }
            EntryResult::RootUser => {
                record.outcome = Outcome::Allow;
                record.reason = Some(OutcomeReason::RootUser);
            }
            EntryResult::ImplicitDeny(policy_type) => {
                record.reason = Some(OutcomeReason::ImplicitDeny);
                record.policy_type = Some(policy_type.name().into());
            }
            EntryResult::Indeterminate(keys) => {
                record.reason = Some(OutcomeReason::Indeterminate);
                record.needs = needs(keys);
            }
            EntryResult::Undecided(keys) => {
                record.outcome = Outcome::Undecided;
                record.reason = Some(OutcomeReason::Indeterminate);
                record.needs = needs(keys);
            }
            EntryResult::Unusable(reason) => record.reason = Some(*reason),
            EntryResult::List(list) => {
                record.outcome = Outcome::List;
                record.list = Some(*list);
            }
        }
        if entry.result.is_allow() {
            record.sampled = self.sampled;
        }
        record
    }

    fn key<'a>(&self, noted: Noted<'a>) -> (Cow<'a, str>, RecordedKey<'a>) {
        let key = match noted.found {
            NotedValues::Absent => RecordedKey::Absent,
            NotedValues::Unknown => RecordedKey::Unknown,
            _ if self.masks(noted.name) => RecordedKey::Masked,
            NotedValues::Omitted => RecordedKey::Omitted,
            NotedValues::One(one) => RecordedKey::One(value(one)),
            NotedValues::Many(many) => RecordedKey::Many(many.into_iter().map(value).collect()),
        };
        (Cow::Borrowed(noted.name), key)
    }
}

fn value(noted: NotedValue<'_>) -> RecordedValue<'_> {
    match noted {
        NotedValue::Text(text) => RecordedValue::Text(Cow::Borrowed(text)),
        NotedValue::Bool(value) => RecordedValue::Bool(value),
        NotedValue::Number(number) => RecordedValue::Number(number),
        NotedValue::Other(other) => RecordedValue::Text(Cow::Owned(Value::text(&other).into())),
    }
}

fn principal(principal: &Principal) -> RecordedPrincipal<'_> {
    let kind = match principal.kind() {
        PrincipalKind::Service => Some(RecordedKind::Service),
        PrincipalKind::WebIdentityUser => Some(RecordedKind::WebIdentity),
        PrincipalKind::SamlUser => Some(RecordedKind::Saml),
        PrincipalKind::Anonymous => Some(RecordedKind::Anonymous),
        PrincipalKind::User
        | PrincipalKind::RoleSession
        | PrincipalKind::FederatedUser
        | PrincipalKind::Root => None,
    };
    let name = kind.map(|_| principal.name());
    let roles = principal.added_roles().map(|role| {
        let name = role.name;
        match role.path {
            None => Cow::Borrowed(name.name),
            Some(path) => {
                let (partition, account, name) = (name.partition, name.account, name.name);
                Cow::Owned(format!("arn:{partition}:iam::{account}:role/{path}{name}"))
            }
        }
    });
    let policies = principal.session_policies().unwrap_or_default().iter();
    RecordedPrincipal {
        arn: match kind {
            None => principal.arn().map(Cow::Borrowed),
            Some(_) => None,
        },
        kind,
        name: name.filter(|name| !name.is_empty()).map(Cow::Borrowed),
        role: principal.role_with_path().map(Cow::Borrowed),
        path_is_unknown: principal.kind() == PrincipalKind::User && !principal.path_is_known(),
        unique_id: principal.unique_id().map(Cow::Borrowed),
        groups: principal.groups().map(Cow::Borrowed).collect(),
        roles: roles.collect(),
        session_policies: policies
            .filter_map(|policy| {
                Some(RecordedPolicy {
                    name: policy.name().into(),
                    document: Cow::Owned(to_raw_value(policy.document()).ok()?),
                })
            })
            .collect(),
    }
}
