//! The requests of many records.

use std::borrow::Cow;
use std::collections::HashMap;
use std::fmt;
use std::hash::{BuildHasher, BuildHasherDefault, Hash, Hasher, RandomState};

use pinpoint_iam_core::__private::PrehashedHasher;

use crate::arn::Scope;
use crate::decision_log::record::{Record, RecordedPrincipal};
use crate::decision_log::request::{InvalidRecord, RecordedRequest, principal};
use crate::principal::Principal;

/// The maximum number of callers that are kept.
const MOST_CALLERS: usize = 10_000;

/// The maximum number of scopes that are kept.
const MOST_SCOPES: usize = 32;

/// Converts many records into requests, as [`RecordedRequest::of`] does. It is faster, because it keeps the callers and
/// scopes that occur again, in limited memory.
///
/// ```
/// use pinpoint_iam::decision_log::{Record, RecordedRequests};
///
/// let line = r#"{"v": 1, "time": "2026-11-29T03:00:00Z",
///     "principal": {"arn": "arn:aws:iam::123456789012:user/ana"}, "action": "mobiletargeting:GetApp",
///     "resource": "arn:aws:mobiletargeting:us-east-1:123456789012:apps/a1", "outcome": "deny", "revision": "7", "ns": 812}"#;
/// let mut requests = RecordedRequests::new(|caller| caller.with_groups(["auditors"]));
/// for _ in 0..3 {
///     let record = Record::parse(line)?;
///     let recorded = requests.request(&record)?;
///     assert_eq!(recorded.principal().groups().next(), Some("auditors"));
/// }
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub struct RecordedRequests<F, S = RandomState> {
    /// Changes a caller.
    complete: F,
    hasher: S,
    callers: Callers<S>,
    scopes: Vec<Scope>,
}

/// The callers that are kept.
struct Callers<S> {
    /// Those whose records contain only this ARN, which are most.
    by_arn: HashMap<Box<str>, Principal, S>,
    /// The others, by the hash of the caller in the record.
    by_hash: HashMap<
        u64,
        Vec<(RecordedPrincipal<'static>, Principal)>,
        BuildHasherDefault<PrehashedHasher>,
    >,
}

impl<F: Fn(Principal) -> Principal> RecordedRequests<F> {
    /// Creates a converter that calls `complete` with each caller, for example to add groups.
    pub fn new(complete: F) -> Self {
        Self::with_hasher(complete, RandomState::new())
    }
}

impl<F: Fn(Principal) -> Principal, S: BuildHasher + Clone> RecordedRequests<F, S> {
    /// Creates a converter that finds the callers that it keeps by hashes of `hasher`. Callers with equal hashes are
    /// distinguished.
    ///
    /// Hashes of a keyed `hasher` are unpredictable, which matters if others can choose what is in the log.
    pub fn with_hasher(complete: F, hasher: S) -> Self {
        Self {
            complete,
            callers: Callers {
                by_arn: HashMap::with_hasher(hasher.clone()),
                by_hash: HashMap::default(),
            },
            hasher,
            scopes: Vec::new(),
        }
    }

    /// Converts the caller of a record.
    ///
    /// # Errors
    ///
    /// Fails if the caller is not valid.
    pub fn caller(&mut self, recorded: &RecordedPrincipal<'_>) -> Result<Principal, InvalidRecord> {
        caller(&mut self.callers, &self.hasher, &self.complete, recorded)
    }

    /// Converts a record into its request.
    ///
    /// # Errors
    ///
    /// Those of [`RecordedRequest::of`].
    pub fn request<'r>(
        &mut self,
        record: &'r Record<'_>,
    ) -> Result<RecordedRequest<'r>, InvalidRecord> {
        let Self {
            complete,
            hasher,
            callers,
            scopes,
        } = self;
        RecordedRequest::with(
            record,
            |recorded| caller(callers, hasher, complete, recorded),
            |partition, region, account| scope(scopes, partition, region, account),
        )
    }

    /// Converts a record into its request, by this caller. It is the one that [`caller`](Self::caller) has returned.
    ///
    /// # Errors
    ///
    /// Those of [`RecordedRequest::of`].
    pub fn request_of<'r>(
        &mut self,
        record: &'r Record<'_>,
        caller: Principal,
    ) -> Result<RecordedRequest<'r>, InvalidRecord> {
        let scopes = &mut self.scopes;
        RecordedRequest::with(
            record,
            |_| Ok(caller),
            |partition, region, account| scope(scopes, partition, region, account),
        )
    }
}

impl<F, S> fmt::Debug for RecordedRequests<F, S> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut shown = formatter.debug_struct("RecordedRequests");
        shown
            .field("callers", &self.callers.len())
            .finish_non_exhaustive()
    }
}

impl<S> Callers<S> {
    fn len(&self) -> usize {
        self.by_arn.len() + self.by_hash.len()
    }

    /// Makes room for another caller.
    fn limit(&mut self) {
        if self.len() >= MOST_CALLERS {
            self.by_arn.clear();
            self.by_hash.clear();
        }
    }
}

/// The ARN of a caller about whom a record contains nothing else.
fn only_arn<'r>(recorded: &'r RecordedPrincipal<'_>) -> Option<&'r str> {
    let RecordedPrincipal {
        arn: Some(arn),
        kind: None,
        name: None,
        role: None,
        path_is_unknown: false,
        unique_id: None,
        groups,
        roles,
        session_policies,
    } = recorded
    else {
        return None;
    };
    let has_more = !groups.is_empty() || !roles.is_empty() || !session_policies.is_empty();
    (!has_more).then_some(arn)
}

fn caller<S: BuildHasher>(
    callers: &mut Callers<S>,
    hasher: &S,
    complete: &impl Fn(Principal) -> Principal,
    recorded: &RecordedPrincipal<'_>,
) -> Result<Principal, InvalidRecord> {
    if let Some(arn) = only_arn(recorded) {
        if let Some(caller) = callers.by_arn.get(arn) {
            return Ok(caller.clone());
        }
        let caller = complete(principal(recorded)?);
        callers.limit();
        callers.by_arn.insert(arn.into(), caller.clone());
        return Ok(caller);
    }
    // Session policies can be long.
    if !recorded.session_policies.is_empty() {
        return principal(recorded).map(complete);
    }
    let mut state = hasher.build_hasher();
    let name = recorded.arn.as_deref().or(recorded.name.as_deref());
    name.unwrap_or_default().hash(&mut state);
    for addition in recorded.groups.iter().chain(&recorded.roles) {
        addition.hash(&mut state);
    }
    let hash = state.finish();
    let mut known = callers.by_hash.get(&hash).into_iter().flatten();
    if let Some((_, caller)) = known.find(|(other, _)| other == recorded) {
        return Ok(caller.clone());
    }
    let caller = complete(principal(recorded)?);
    callers.limit();
    let kept = callers.by_hash.entry(hash).or_default();
    // Callers with equal hashes differ in other members, which have few values.
    if kept.len() < MOST_SCOPES {
        kept.push((to_owned(recorded), caller.clone()));
    }
    Ok(caller)
}

fn scope(scopes: &mut Vec<Scope>, partition: &str, region: &str, account: &str) -> Scope {
    let mut known = scopes.iter();
    let found = known.find(|scope| {
        scope.account() == account && scope.region() == region && scope.partition() == partition
    });
    if let Some(scope) = found {
        return scope.clone();
    }
    if scopes.len() >= MOST_SCOPES {
        scopes.clear();
    }
    let scope = Scope::new(partition, region, account);
    scopes.push(scope.clone());
    scope
}

fn to_owned(recorded: &RecordedPrincipal<'_>) -> RecordedPrincipal<'static> {
    let text = |text: &Option<Cow<'_, str>>| text.clone().map(|text| Cow::Owned(text.into_owned()));
    let texts = |texts: &[Cow<'_, str>]| {
        let texts = texts.iter();
        texts
            .map(|text| Cow::Owned(text.clone().into_owned()))
            .collect()
    };
    RecordedPrincipal {
        arn: text(&recorded.arn),
        kind: recorded.kind,
        name: text(&recorded.name),
        role: text(&recorded.role),
        path_is_unknown: recorded.path_is_unknown,
        unique_id: text(&recorded.unique_id),
        groups: texts(&recorded.groups),
        roles: texts(&recorded.roles),
        session_policies: Vec::new(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Callers with the same ARN differ in other members.
    #[test]
    fn a_kept_caller_is_not_used_for_another_one() {
        let user = "arn:aws:iam::123456789012:user/ana";
        let session = "arn:aws:sts::123456789012:assumed-role/ops/ana";
        let document = r#"{"Statement": {"Effect": "Deny", "Action": "*", "Resource": "*"}}"#;
        for (arn, more) in [
            (user, r#""path_is_unknown": true"#.to_owned()),
            (user, r#""unique_id": "AIDAEXAMPLE""#.to_owned()),
            (user, r#""groups": ["auditors"]"#.to_owned()),
            (
                user,
                r#""roles": ["arn:aws:iam::123456789012:role/ops"]"#.to_owned(),
            ),
            (
                user,
                format!(r#""session_policies": [{{"name": "s", "document": {document}}}]"#),
            ),
            (
                session,
                r#""role": "arn:aws:iam::123456789012:role/team/ops""#.to_owned(),
            ),
            (user, r#""kind": "service""#.to_owned()),
        ] {
            let plain = format!(r#"{{"arn": "{arn}"}}"#);
            let other = format!(r#"{{"arn": "{arn}", {more}}}"#);
            let plain: RecordedPrincipal<'_> = serde_json::from_str(&plain).unwrap();
            let other: RecordedPrincipal<'_> = serde_json::from_str(&other).unwrap();
            let [expected, expected_other] = [&plain, &other].map(principal);
            assert_ne!(expected, expected_other, "{more}");
            let mut requests = RecordedRequests::new(|caller| caller);
            for _ in 0..2 {
                assert_eq!(requests.caller(&plain), expected, "{more}");
                assert_eq!(requests.caller(&other), expected_other, "{more}");
            }
        }
    }

    /// Memory is limited, whatever the log contains.
    #[test]
    fn callers_are_limited() {
        let mut requests = RecordedRequests::new(|caller| caller);
        for number in 0..=MOST_CALLERS {
            let groups = match number % 2 {
                0 => vec![],
                _ => vec![Cow::Borrowed("auditors")],
            };
            let recorded = RecordedPrincipal {
                arn: Some(format!("arn:aws:iam::123456789012:user/{number}").into()),
                groups,
                ..RecordedPrincipal::default()
            };
            requests.caller(&recorded).unwrap();
            assert!(requests.callers.len() <= MOST_CALLERS);
        }
        assert_eq!(requests.callers.len(), 1);
    }
}
