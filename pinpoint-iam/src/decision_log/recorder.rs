//! How records are made of the decisions in the queue.

use std::borrow::Cow;
use std::ops::Range;
use std::time::{Duration, SystemTime};

use serde_json::value::to_raw_value;

use crate::context::{ConditionKey, Value};
use crate::decision_log::clock::{Clock, ClockReading};
use crate::decision_log::entry::{Entry, EntryAction, Parts, QueuedTexts, ResultKind};
use crate::decision_log::record::{
    FormatVersion, Outcome, OutcomeReason, Record, RecordedKey, RecordedKeys, RecordedKind,
    RecordedPolicy, RecordedPrincipal, RecordedStatement, RecordedValue,
};
use crate::principal::{Principal, PrincipalKind};
use crate::read_keys::{Noted, NotedValue, NotedValues, Notes};

/// How records are made of entries.
pub(super) struct Recorder {
    /// The masked keys; a name that ends in `/` is a prefix.
    pub(super) masked: Vec<ConditionKey>,
    pub(super) sampled: Option<u32>,
}

/// The times of a decision.
pub(super) struct Times {
    made: SystemTime,
    duration: Duration,
}

impl Times {
    /// Returns the times of a decision that was made in `span`, where the clocks show `now`.
    pub(super) fn of(
        span: Range<ClockReading>,
        now: (SystemTime, ClockReading),
        clock: &Clock,
    ) -> Self {
        let since = clock.between(span.end, now.1);
        Self {
            made: now.0.checked_sub(since).unwrap_or(now.0),
            duration: clock.between(span.start, span.end),
        }
    }
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

    /// Returns the record of `entry`. Texts that are made of others are written to `joined`.
    pub(super) fn record<'a>(
        &self,
        entry: &Entry<'a, QueuedTexts<'a>>,
        times: Times,
        joined: &'a mut String,
    ) -> Record<'a> {
        let texts = entry.texts.parts();
        let (action, resource) = join(entry, &texts, joined);
        let mut record = Record {
            version: FormatVersion,
            time: times.made,
            request_id: texts.request_id.map(Cow::Borrowed),
            principal: principal(entry.principal),
            action: Cow::Borrowed(action),
            resource: (!resource.is_empty()).then_some(Cow::Borrowed(resource)),
            scope: entry.names_scope.then(|| {
                let (partition, region) = (entry.scope.partition(), entry.scope.region());
                Cow::Owned([partition, ":", region, ":", entry.scope.account()].concat())
            }),
            resource_account: texts.resource_account.map(Cow::Borrowed),
            keys: RecordedKeys(Notes(texts.notes).map(|noted| self.key(noted)).collect()),
            outcome: Outcome::Deny,
            reason: None,
            policy_type: None,
            statement: None,
            needs: Vec::new(),
            list: entry.result.list,
            revision: Cow::Borrowed(entry.revision.as_str()),
            sampled: None,
            duration: times.duration,
        };
        record.statement = entry.result.statement.map(|(policy, index)| {
            let statement = policy.document().statements().get(index);
            let sid = statement.and_then(|statement| statement.sid());
            RecordedStatement {
                policy: policy.name().into(),
                number: index.saturating_add(1),
                sid: sid.filter(|sid| !sid.is_empty()).map(Cow::Borrowed),
            }
        });
        if let Some(keys) = entry.result.needs {
            record.needs = keys.iter().map(|key| key.as_str().into()).collect();
        }
        match entry.result.kind {
            ResultKind::Cited {
                is_allowed,
                policy_type,
            } => {
                (record.outcome, record.reason) = match is_allowed {
                    true => (Outcome::Allow, Some(OutcomeReason::Statement)),
                    false => (Outcome::Deny, Some(OutcomeReason::ExplicitDeny)),
                };
                record.policy_type = Some(policy_type.name().into());
            }
            ResultKind::RootUser => {
                record.outcome = Outcome::Allow;
                record.reason = Some(OutcomeReason::RootUser);
            }
            ResultKind::ImplicitDeny(policy_type) => {
                record.reason = Some(OutcomeReason::ImplicitDeny);
                record.policy_type = Some(policy_type.name().into());
            }
            ResultKind::Indeterminate => record.reason = Some(OutcomeReason::Indeterminate),
            ResultKind::Undecided => {
                record.outcome = Outcome::Undecided;
                record.reason = Some(OutcomeReason::Indeterminate);
            }
            ResultKind::Unusable(reason) => record.reason = Some(reason),
            ResultKind::List => record.outcome = Outcome::List,
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

/// Returns the action and the resource of a decision; without a resource an empty text.
fn join<'a>(
    entry: &Entry<'a, QueuedTexts<'a>>,
    texts: &Parts<'a>,
    joined: &'a mut String,
) -> (&'a str, &'a str) {
    joined.clear();
    let named = match entry.action {
        EntryAction::Known(action) => Some((action.service.prefix, action.name)),
        EntryAction::Text => None,
        EntryAction::All(service) => Some((service.prefix, "*")),
    };
    if let Some((prefix, name)) = named {
        for part in [prefix, ":", name] {
            joined.push_str(part);
        }
    }
    let end = joined.len();
    if let (true, Some(service)) = (texts.is_in_scope, entry.action.service()) {
        let scope = entry.scope;
        for part in [
            "arn",
            scope.partition(),
            service,
            scope.region(),
            scope.account(),
        ] {
            joined.push_str(part);
            joined.push(':');
        }
        joined.push_str(texts.resource);
    }
    let (action, resource) = joined.split_at_checked(end).unwrap_or_default();
    let action = match named {
        Some(_) => action,
        None => texts.action,
    };
    let resource = match texts.is_in_scope {
        true => resource,
        false => texts.resource,
    };
    (action, resource)
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

#[cfg(test)]
mod tests {
    use super::*;

    /// Reads `clock` again when it has advanced by `time`.
    fn after(clock: &Clock, from: ClockReading, time: Duration) -> ClockReading {
        loop {
            let reading = clock.read();
            if clock.between(from, reading) >= time {
                return reading;
            }
            std::hint::spin_loop();
        }
    }

    /// The wall clock may be set while a decision is in the queue, and the counter may start again after a suspension.
    #[test]
    fn jumps_of_the_clocks_change_only_the_time_that_they_show() {
        let clock = Clock::start();
        let millisecond = Duration::from_millis(1);
        let started = clock.read();
        let made = after(&clock, started, millisecond);
        let written = after(&clock, made, millisecond);
        let duration = clock.between(started, made);
        let since = clock.between(made, written);
        let year = Duration::from_secs(365 * 24 * 3600);
        let today = SystemTime::UNIX_EPOCH + 57 * year;
        for shown in [today, today + 100 * year, today - 100 * year] {
            let times = Times::of(started..made, (shown, written), &clock);
            assert_eq!((times.made, times.duration), (shown - since, duration));
            // The counter shows less than before.
            let times = Times::of(started..written, (shown, made), &clock);
            assert_eq!(times.made, shown);
            let times = Times::of(written..made, (shown, started), &clock);
            assert_eq!((times.made, times.duration), (shown, Duration::ZERO));
        }
    }
}
