//! Policies by principal on demand: the cache, its races, and the failures of the source.
//!
//! Nothing here depends on timing: the tests poll each request themselves, decide when the source responds, and simulate
//! the clock.

mod remembered;

use std::collections::BTreeMap;
use std::future::pending;
use std::pin::Pin;
use std::sync::{Arc, Mutex, MutexGuard};
use std::task::{self, Poll, Waker};
use std::time::Duration;

use pinpoint_iam::context::Context;
use pinpoint_iam::eval::DenyReason;
use pinpoint_iam::freshness::Revision;
use pinpoint_iam::guard::DeniedReason;
use pinpoint_iam::mobiletargeting::{App, DeleteApp, GetApp};
use pinpoint_iam::policy::Document;
use pinpoint_iam::source::{
    DocumentsFuture, GroupRecord, IdentityRecord, Invalidation, ManagedPolicy, PolicyRecord,
    PolicySource, PolicyStore, PrincipalFuture, PrincipalRecords, PrincipalRequest,
    PrincipalSource, SourceError,
};
use pinpoint_iam::testing::SimulatedClock;
use pinpoint_iam::{
    Authorizer, AuthorizerBuilder, BuildError, Decision, Policy, Principal, PrincipalCache, Scope,
};
use proptest::prelude::*;
use tokio::sync::oneshot;

use super::{decide, user};

const SECOND: Duration = Duration::from_secs(1);

/// What the source does at its next calls.
#[derive(Clone, Copy, Default, PartialEq)]
enum Mode {
    #[default]
    Responds,
    /// Reads, and responds when the test lets it.
    Holds,
    Fails,
    Panics,
    Hangs,
}

#[derive(Default)]
struct Tables {
    mode: Mode,
    identities: BTreeMap<String, IdentityRecord>,
    groups: BTreeMap<String, GroupRecord>,
    documents: BTreeMap<(String, String), String>,
    /// Calls of `policies_of`.
    calls: usize,
    /// The managed policies for which `documents` was called.
    fetched: Vec<String>,
    held: Vec<oneshot::Sender<()>>,
    /// The time to live of the records.
    time_to_live: Option<Duration>,
}

#[derive(Clone, Default)]
struct Database(Arc<Mutex<Tables>>);

fn arn(name: &str) -> String {
    format!("arn:aws:iam::111122223333:user/{name}")
}

fn allow(action: &str) -> String {
    format!(
        r#"{{"Version": "2012-10-17", "Statement": {{"Effect": "Allow", "Action": "mobiletargeting:{action}", "Resource": "*"}}}}"#
    )
}

impl Database {
    fn tables(&self) -> MutexGuard<'_, Tables> {
        self.0.lock().unwrap()
    }

    fn set(&self, record: IdentityRecord) {
        let name = record.arn.clone();
        self.tables().identities.insert(name, record);
    }

    /// Gives a user one policy of its own.
    fn grant(&self, name: &str, action: &str) {
        let mut record = IdentityRecord::new(arn(name));
        record
            .policies
            .push(PolicyRecord::inline("own", allow(action)));
        self.set(record);
    }

    /// The user remains, without policies.
    fn revoke(&self, name: &str) {
        self.set(IdentityRecord::new(arn(name)));
    }

    fn attach(&self, name: &str, policy: &str, version: &str) {
        let mut record = IdentityRecord::new(arn(name));
        record.policies.push(PolicyRecord::managed(policy, version));
        self.set(record);
    }

    fn publish(&self, policy: &str, version: &str, action: &str) {
        let key = (policy.to_owned(), version.to_owned());
        self.tables().documents.insert(key, allow(action));
    }

    fn will(&self, mode: Mode) {
        self.tables().mode = mode;
    }

    fn calls(&self) -> usize {
        self.tables().calls
    }

    /// Lets the held calls respond with what they have read.
    fn respond(&self) {
        let held = std::mem::take(&mut self.tables().held);
        for sender in held {
            // The request may be gone.
            let _ = sender.send(());
        }
    }

    fn read(&self, request: PrincipalRequest<'_>) -> Result<PrincipalRecords, SourceError> {
        let mode = self.tables().mode;
        assert!(mode != Mode::Panics, "the source panics");
        let tables = self.tables();
        if mode == Mode::Fails {
            return Err(SourceError::of_file(
                "database".as_ref(),
                "connection refused",
            ));
        }
        let mut records = PrincipalRecords::new(Revision::new("7"));
        records.time_to_live = tables.time_to_live;
        let found = request.identities.iter();
        records.identities = found
            .filter_map(|arn| tables.identities.get(arn))
            .cloned()
            .collect();
        let of_users = records.identities.iter().flat_map(|user| &user.groups);
        let names: std::collections::BTreeSet<_> = of_users.chain(request.groups).collect();
        let groups = names.into_iter().filter_map(|name| tables.groups.get(name));
        records.groups = groups.cloned().collect();
        Ok(records)
    }
}

impl PrincipalSource for Database {
    fn name(&self) -> String {
        "database".to_owned()
    }

    fn policies_of<'a>(&'a self, request: PrincipalRequest<'a>) -> PrincipalFuture<'a> {
        Box::pin(async move {
            self.tables().calls += 1;
            let records = self.read(request);
            let mode = self.tables().mode;
            match mode {
                Mode::Holds => {
                    let (sender, receiver) = oneshot::channel();
                    self.tables().held.push(sender);
                    receiver.await.unwrap();
                }
                Mode::Hangs => pending().await,
                Mode::Responds | Mode::Fails | Mode::Panics => {}
            }
            records
        })
    }

    fn documents<'a>(&'a self, policies: &'a [ManagedPolicy]) -> DocumentsFuture<'a> {
        let mut tables = self.tables();
        let mut found = Vec::new();
        for policy in policies {
            tables.fetched.push(policy.to_string());
            let key = (policy.name().to_owned(), policy.version().to_owned());
            if let Some(document) = tables.documents.get(&key) {
                found.push((policy.clone(), document.clone()));
            }
        }
        Box::pin(std::future::ready(Ok(found)))
    }
}

fn builder(database: &Database, cache: PrincipalCache) -> AuthorizerBuilder {
    Authorizer::builder()
        .scope(Scope::new("aws", "us-east-1", "111122223333"))
        .principal_source(database.clone(), cache)
}

fn started(cache: PrincipalCache) -> (Database, SimulatedClock, Authorizer) {
    let (database, clock) = (Database::default(), SimulatedClock::new());
    let authorizer = builder(&database, cache).clock(clock.clone()).build();
    (database, clock, authorizer.unwrap())
}

/// The result of one request.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Outcome {
    Allowed,
    Denied,
    NotLoaded,
}

use Outcome::{Allowed, Denied, NotLoaded};

/// A request that the test polls.
struct Asked(Pin<Box<dyn Future<Output = Outcome>>>);

impl Asked {
    fn poll(&mut self) -> Poll<Outcome> {
        self.0
            .as_mut()
            .poll(&mut task::Context::from_waker(Waker::noop()))
    }

    fn finish(&mut self) -> Outcome {
        match self.poll() {
            Poll::Ready(outcome) => outcome,
            Poll::Pending => panic!("the request still waits"),
        }
    }

    fn waits(&mut self) {
        assert!(self.poll().is_pending());
    }
}

/// Starts a request for `GetApp`, which waits for the policies.
fn ask_as(authorizer: &Authorizer, principal: Principal) -> Asked {
    let authorizer = authorizer.clone();
    Asked(Box::pin(async move {
        let context = Context::new();
        let guard = authorizer.guard_async(&principal, &context).await;
        match guard.check(GetApp, &App::new("a1").unwrap()) {
            Ok(()) => Allowed,
            Err(denied) if matches!(denied.reason(), DeniedReason::PoliciesNotLoaded) => {
                assert_eq!(denied.status(), 503);
                NotLoaded
            }
            Err(denied) => {
                assert_eq!(denied.status(), 403, "{denied}");
                Denied
            }
        }
    }))
}

fn ask(authorizer: &Authorizer, name: &str) -> Asked {
    ask_as(authorizer, user(name))
}

fn now(authorizer: &Authorizer, name: &str) -> Outcome {
    ask(authorizer, name).finish()
}

/// The decision of code that cannot wait.
fn at_once(authorizer: &Authorizer, name: &str) -> Outcome {
    match decide(authorizer, &user(name), "GetApp", "apps/a1") {
        Decision::Allow(_) => Allowed,
        Decision::Deny(by) if *by.reason() == DenyReason::PoliciesNotLoaded => NotLoaded,
        Decision::Deny(_) => Denied,
    }
}

fn changed(authorizer: &Authorizer, name: &str) {
    authorizer.invalidate(&Invalidation::Principal(arn(name)));
}

#[test]
fn a_miss_is_loaded_once_and_then_found() {
    let (database, _, authorizer) = started(PrincipalCache::new());
    database.grant("ana", "GetApp");
    assert_eq!(at_once(&authorizer, "ana"), NotLoaded);
    assert_eq!(database.calls(), 0);
    assert_eq!(now(&authorizer, "ana"), Allowed);
    assert_eq!(at_once(&authorizer, "ana"), Allowed);
    assert_eq!(now(&authorizer, "ana"), Allowed);
    assert_eq!(database.calls(), 1);
    let counts = authorizer.principal_cache_counts();
    assert_eq!((counts.hits, counts.misses, counts.loads), (2, 2, 1));
    assert_eq!(counts.entries, 1);
}

#[test]
fn an_explicit_load_lets_code_decide_that_cannot_wait() {
    let (database, _, authorizer) = started(PrincipalCache::new());
    database.grant("ana", "GetApp");
    let load = |authorizer: &Authorizer| {
        let authorizer = authorizer.clone();
        let mut load = Box::pin(async move { authorizer.load(&user("ana")).await });
        load.as_mut()
            .poll(&mut task::Context::from_waker(Waker::noop()))
    };
    database.will(Mode::Fails);
    assert_eq!(load(&authorizer), Poll::Ready(false));
    assert_eq!(at_once(&authorizer, "ana"), NotLoaded);
    database.will(Mode::Responds);
    assert_eq!(load(&authorizer), Poll::Ready(true));
    assert_eq!(at_once(&authorizer, "ana"), Allowed);
    let without = super::authorizer(PolicyStore::new());
    assert_eq!(load(&without), Poll::Ready(true));
}

#[test]
fn requests_for_one_principal_wait_for_one_load() {
    let (database, _, authorizer) = started(PrincipalCache::new());
    database.grant("ana", "GetApp");
    database.will(Mode::Holds);
    let mut first = ask(&authorizer, "ana");
    let mut second = ask(&authorizer, "ana");
    let mut other = ask(&authorizer, "bob");
    first.waits();
    second.waits();
    other.waits();
    assert_eq!(database.calls(), 2);
    // The request that started the load goes away; the other one continues it.
    drop(first);
    database.respond();
    assert_eq!(second.finish(), Allowed);
    assert_eq!(other.finish(), Denied);
    assert_eq!(database.calls(), 2);
}

#[test]
fn a_load_that_is_older_than_the_time_to_live_is_not_shared() {
    let cache = PrincipalCache::new().load_timeout(3600 * SECOND);
    let (database, clock, authorizer) = started(cache);
    database.grant("ana", "GetApp");
    database.will(Mode::Holds);
    let mut first = ask(&authorizer, "ana");
    first.waits();
    database.revoke("ana");
    clock.advance(60 * SECOND);
    let mut second = ask(&authorizer, "ana");
    second.waits();
    database.respond();
    assert_eq!(second.finish(), Denied);
    assert_eq!(first.finish(), Allowed);
    // The older result does not replace the newer one.
    assert_eq!(now(&authorizer, "ana"), Denied);
}

#[test]
fn a_load_for_which_no_request_waits_ends() {
    let (database, _, authorizer) = started(PrincipalCache::new());
    database.grant("ana", "GetApp");
    database.will(Mode::Holds);
    let mut first = ask(&authorizer, "ana");
    first.waits();
    drop(first);
    assert!(database.tables().held.remove(0).is_closed());
    let mut second = ask(&authorizer, "ana");
    second.waits();
    database.respond();
    assert_eq!(second.finish(), Allowed);
    assert_eq!(database.calls(), 2);
}

#[test]
fn a_failure_denies_and_is_not_cached() {
    let (database, clock, authorizer) = started(PrincipalCache::new());
    database.grant("ana", "GetApp");
    for mode in [Mode::Fails, Mode::Panics, Mode::Hangs] {
        database.will(mode);
        let mut asked = ask(&authorizer, "ana");
        if mode == Mode::Hangs {
            asked.waits();
            clock.advance(SECOND);
        }
        assert_eq!(asked.finish(), NotLoaded);
        database.will(Mode::Responds);
        // Neither as no policies nor as allowed.
        assert_eq!(at_once(&authorizer, "ana"), NotLoaded);
        assert_eq!(now(&authorizer, "ana"), Allowed);
        changed(&authorizer, "ana");
    }
    assert_eq!(authorizer.principal_cache_counts().failures, 3);
}

#[test]
fn a_failure_of_a_renewal_does_not_extend_the_old_policies() {
    let (database, clock, authorizer) = started(PrincipalCache::new());
    database.grant("ana", "GetApp");
    assert_eq!(now(&authorizer, "ana"), Allowed);
    database.will(Mode::Fails);
    clock.advance(60 * SECOND);
    assert_eq!(now(&authorizer, "ana"), NotLoaded);
    assert_eq!(at_once(&authorizer, "ana"), NotLoaded);
}

#[test]
fn the_time_to_live_counts_from_the_start_of_the_load() {
    let cache = PrincipalCache::new().load_timeout(30 * SECOND);
    let (database, clock, authorizer) = started(cache);
    database.grant("ana", "GetApp");
    database.will(Mode::Holds);
    let mut asked = ask(&authorizer, "ana");
    asked.waits();
    clock.advance(20 * SECOND);
    database.respond();
    assert_eq!(asked.finish(), Allowed);
    // Without a notification, a revoked permission works no longer than this.
    database.revoke("ana");
    database.will(Mode::Responds);
    clock.advance(40 * SECOND - Duration::from_nanos(1));
    assert_eq!(now(&authorizer, "ana"), Allowed);
    clock.advance(Duration::from_nanos(1));
    assert_eq!(at_once(&authorizer, "ana"), NotLoaded);
    assert_eq!(now(&authorizer, "ana"), Denied);
}

#[test]
fn a_source_can_shorten_the_time_to_live() {
    for (of_records, used) in [(5, 5), (3600, 60), (0, 0)] {
        let (database, clock, authorizer) = started(PrincipalCache::new());
        database.tables().time_to_live = Some(of_records * SECOND);
        database.grant("ana", "GetApp");
        assert_eq!(now(&authorizer, "ana"), Allowed);
        database.revoke("ana");
        if used > 0 {
            clock.advance(used * SECOND - Duration::from_nanos(1));
            assert_eq!(now(&authorizer, "ana"), Allowed);
            clock.advance(Duration::from_nanos(1));
        }
        assert_eq!(at_once(&authorizer, "ana"), NotLoaded);
        assert_eq!(now(&authorizer, "ana"), Denied);
    }
    // A principal without records is looked up again at least as often.
    let (database, clock, authorizer) = started(PrincipalCache::new());
    database.tables().time_to_live = Some(5 * SECOND);
    assert_eq!(now(&authorizer, "ana"), Denied);
    database.grant("ana", "GetApp");
    clock.advance(5 * SECOND);
    assert_eq!(now(&authorizer, "ana"), Allowed);
}

#[test]
fn a_missing_principal_is_cached_until_a_notification_or_the_end_of_its_time() {
    let (database, clock, authorizer) = started(PrincipalCache::new());
    assert_eq!(now(&authorizer, "ana"), Denied);
    assert_eq!(now(&authorizer, "ana"), Denied);
    assert_eq!(database.calls(), 1);
    database.grant("ana", "GetApp");
    clock.advance(10 * SECOND - Duration::from_nanos(1));
    assert_eq!(now(&authorizer, "ana"), Denied);
    clock.advance(Duration::from_nanos(1));
    assert_eq!(now(&authorizer, "ana"), Allowed);
    assert_eq!(now(&authorizer, "bob"), Denied);
    database.grant("bob", "GetApp");
    changed(&authorizer, "bob");
    assert_eq!(now(&authorizer, "bob"), Allowed);
}

/// A computer that was suspended, where the clock counts this time.
#[test]
fn nothing_in_the_cache_is_used_after_a_suspension() {
    let (database, clock, authorizer) = started(PrincipalCache::new());
    database.grant("ana", "GetApp");
    database.grant("eve", "GetApp");
    assert_eq!(now(&authorizer, "ana"), Allowed);
    assert_eq!(now(&authorizer, "bob"), Denied);
    database.will(Mode::Holds);
    let mut waiting = ask(&authorizer, "eve");
    waiting.waits();
    // Nothing is reported in the meantime.
    database.revoke("ana");
    database.revoke("eve");
    database.grant("bob", "GetApp");
    clock.advance(8 * 3600 * SECOND);
    assert_eq!(waiting.finish(), NotLoaded);
    for name in ["ana", "bob", "eve"] {
        assert_eq!(at_once(&authorizer, name), NotLoaded, "{name}");
    }
    database.will(Mode::Responds);
    assert_eq!(now(&authorizer, "ana"), Denied);
    assert_eq!(now(&authorizer, "bob"), Allowed);
    assert_eq!(now(&authorizer, "eve"), Denied);
}

/// A user with a policy in a group, whose changes have different notifications.
fn with_a_group() -> (Database, Authorizer) {
    let (database, _, authorizer) = started(PrincipalCache::new());
    let mut record = IdentityRecord::new(arn("ana"));
    record.groups.push("readers".to_owned());
    database.set(record);
    let mut group = GroupRecord::new("readers");
    group.policies.push(PolicyRecord::managed("read", "v1"));
    database.tables().groups.insert("readers".to_owned(), group);
    database.publish("read", "v1", "GetApp");
    (database, authorizer)
}

const CHANGES: [fn() -> Invalidation; 4] = [
    || Invalidation::Principal(arn("ana")),
    || Invalidation::Group("readers".to_owned()),
    || Invalidation::Policy("read".to_owned()),
    || Invalidation::Everything,
];

#[test]
fn a_load_that_started_before_an_invalidation_is_never_used() {
    for change in CHANGES {
        let (database, authorizer) = with_a_group();
        database.will(Mode::Holds);
        let mut asked = ask(&authorizer, "ana");
        asked.waits();
        database.revoke("ana");
        authorizer.invalidate(&change());
        // A request that starts after the invalidation waits for the same load, and does not use it either.
        let mut later = ask(&authorizer, "ana");
        later.waits();
        database.respond();
        asked.waits();
        later.waits();
        assert_eq!(authorizer.principal_cache_counts().entries, 0);
        database.respond();
        assert_eq!(asked.finish(), Denied);
        assert_eq!(later.finish(), Denied);
        assert_eq!(database.calls(), 2, "{:?}", change());
        assert_eq!(authorizer.principal_cache_counts().superseded, 1);
    }
}

#[test]
fn an_invalidation_removes_what_is_cached() {
    for change in CHANGES {
        let (database, authorizer) = with_a_group();
        assert_eq!(now(&authorizer, "ana"), Allowed);
        database.revoke("ana");
        assert_eq!(now(&authorizer, "ana"), Allowed);
        authorizer.invalidate(&change());
        assert_eq!(at_once(&authorizer, "ana"), NotLoaded);
        assert_eq!(now(&authorizer, "ana"), Denied, "{:?}", change());
    }
}

#[test]
fn unrelated_invalidations_change_nothing() {
    let (database, authorizer) = with_a_group();
    let unrelated = [
        Invalidation::Principal(arn("bob")),
        Invalidation::Group("writers".to_owned()),
        Invalidation::Policy("write".to_owned()),
    ];
    database.will(Mode::Holds);
    let mut asked = ask(&authorizer, "ana");
    asked.waits();
    unrelated
        .iter()
        .for_each(|change| authorizer.invalidate(change));
    database.respond();
    assert_eq!(asked.finish(), Allowed);
    unrelated
        .iter()
        .for_each(|change| authorizer.invalidate(change));
    assert_eq!(at_once(&authorizer, "ana"), Allowed);
    assert_eq!(database.calls(), 1);
    // A name that does not identify a user may concern any principal.
    authorizer.invalidate(&Invalidation::Principal("ana".to_owned()));
    assert_eq!(at_once(&authorizer, "ana"), NotLoaded);
}

#[test]
fn an_invalidation_with_a_path_concerns_the_principal() {
    let (database, _, authorizer) = started(PrincipalCache::new());
    database.grant("ana", "GetApp");
    assert_eq!(now(&authorizer, "ana"), Allowed);
    let with_path = "arn:aws:iam::111122223333:user/division/ana".to_owned();
    authorizer.invalidate(&Invalidation::Principal(with_path));
    assert_eq!(at_once(&authorizer, "ana"), NotLoaded);
}

#[test]
fn a_load_during_more_invalidations_than_are_kept_is_repeated() {
    let (database, _, authorizer) = started(PrincipalCache::new());
    database.grant("ana", "GetApp");
    database.will(Mode::Holds);
    let mut asked = ask(&authorizer, "ana");
    asked.waits();
    database.revoke("ana");
    changed(&authorizer, "ana");
    (0..2_000).for_each(|_| changed(&authorizer, "bob"));
    database.respond();
    asked.waits();
    database.respond();
    assert_eq!(asked.finish(), Denied);
}

#[test]
fn policies_that_change_during_every_load_deny() {
    let (database, _, authorizer) = started(PrincipalCache::new());
    database.grant("ana", "GetApp");
    database.will(Mode::Holds);
    let mut asked = ask(&authorizer, "ana");
    for _ in 0..4 {
        asked.waits();
        changed(&authorizer, "ana");
        database.respond();
    }
    assert_eq!(asked.finish(), NotLoaded);
    assert_eq!(database.calls(), 4);
}

#[test]
fn a_guard_keeps_the_policies_that_it_found() {
    let (database, _, authorizer) = started(PrincipalCache::new());
    database.grant("ana", "GetApp");
    assert_eq!(now(&authorizer, "ana"), Allowed);
    let (ana, context) = (user("ana"), Context::new());
    let guard = authorizer.guard(&ana, &context);
    let app = App::new("a1").unwrap();
    database.grant("ana", "DeleteApp");
    changed(&authorizer, "ana");
    assert!(guard.check(GetApp, &app).is_ok());
    assert!(guard.check(DeleteApp, &app).is_err());
    assert_eq!(now(&authorizer, "ana"), Denied);
    let counts = authorizer.principal_cache_counts();
    assert_eq!((counts.hits, counts.misses), (1, 2));
}

#[test]
fn managed_policies_are_compiled_once_for_each_version() {
    let (database, _, authorizer) = started(PrincipalCache::new());
    database.publish("read", "v1", "GetApp");
    for name in ["ana", "bob"] {
        database.attach(name, "read", "v1");
        assert_eq!(now(&authorizer, name), Allowed);
    }
    let fetched = || database.tables().fetched.len();
    assert_eq!(fetched(), 1);
    assert_eq!(authorizer.principal_cache_counts().managed_policies, 1);
    database.publish("read", "v2", "DeleteApp");
    for name in ["ana", "bob"] {
        database.attach(name, "read", "v2");
    }
    authorizer.invalidate(&Invalidation::Policy("read".to_owned()));
    for name in ["ana", "bob"] {
        assert_eq!(now(&authorizer, name), Denied);
    }
    assert_eq!(fetched(), 2);
    assert_eq!(authorizer.principal_cache_counts().managed_policies, 1);
    // The last entry releases its policies.
    authorizer.invalidate(&Invalidation::Everything);
    let counts = authorizer.principal_cache_counts();
    assert_eq!((counts.managed_policies, counts.managed_bytes), (0, 0));
}

#[test]
fn a_version_that_does_not_exist_denies() {
    let (database, _, authorizer) = started(PrincipalCache::new());
    database.attach("ana", "read", "v1");
    assert_eq!(now(&authorizer, "ana"), NotLoaded);
    assert_eq!(database.calls(), 4);
    database.publish("read", "v1", "GetApp");
    assert_eq!(now(&authorizer, "ana"), Allowed);
}

#[test]
fn groups_and_roles_of_the_caller_are_loaded_with_it() {
    let (database, authorizer) = with_a_group();
    database.grant("bob", "DeleteApp");
    let readers = user("bob").with_groups(["readers"]);
    assert_eq!(ask_as(&authorizer, readers.clone()).finish(), Allowed);
    assert_eq!(now(&authorizer, "bob"), Denied);
    database.tables().groups.remove("readers");
    authorizer.invalidate(&Invalidation::Group("readers".to_owned()));
    assert_eq!(ask_as(&authorizer, readers).finish(), Denied);
}

#[test]
fn wrong_records_deny() {
    type Spoil = fn(&mut IdentityRecord);
    let wrong: [(&str, Spoil); 4] = [
        ("another user", |record| record.arn = arn("bob")),
        ("a group without a record", |record| {
            record.groups.push("none".to_owned())
        }),
        ("a tag twice", |record| {
            record.tags = vec![("Team".into(), "a".into()), ("team".into(), "b".into())];
        }),
        ("an unreadable policy", |record| {
            record.policies.push(PolicyRecord::inline("bad", "{"))
        }),
    ];
    for (name, spoil) in wrong {
        let (database, _, authorizer) = started(PrincipalCache::new());
        database.grant("ana", "GetApp");
        assert_eq!(now(&authorizer, "ana"), Allowed);
        spoil(database.tables().identities.get_mut(&arn("ana")).unwrap());
        changed(&authorizer, "ana");
        assert_eq!(now(&authorizer, "ana"), NotLoaded, "{name}");
    }
}

#[test]
fn policies_are_checked_as_when_a_set_is_loaded() {
    let document = r#"{"Version": "2012-10-17", "Statement": [
        {"Effect": "Allow", "Action": "*", "Resource": "*"},
        {"Effect": "Deny", "Action": "mobiletargeting:GetApp", "Resource": "*",
            "Condition": {"StringEquals": {"aws:SourceVpc": "vpc-1"}}}]}"#;
    for policy in [
        PolicyRecord::inline("own", document),
        PolicyRecord::managed("shared", "v1").with_document(document),
    ] {
        let (database, _, authorizer) = started(PrincipalCache::new());
        let mut record = IdentityRecord::new(arn("ana"));
        record.policies.push(policy);
        database.set(record);
        // No source supplies the key of the `Deny`.
        assert_eq!(now(&authorizer, "ana"), NotLoaded);
    }
}

#[test]
fn the_cache_is_bounded() {
    let cache = PrincipalCache::new().max_bytes(64 << 10);
    let (database, _, authorizer) = started(cache);
    for number in 0..300 {
        let name = format!("u{number}");
        database.grant(&name, "GetApp");
        assert_eq!(now(&authorizer, &name), Allowed);
        let counts = authorizer.principal_cache_counts();
        assert!(counts.entry_bytes <= 48 << 10, "{counts:?}");
    }
    assert!(authorizer.principal_cache_counts().entries > 0);
    // A principal that the cache has removed is loaded again.
    assert_eq!(now(&authorizer, "u0"), Allowed);
}

#[test]
fn managed_policies_are_bounded() {
    let cache = PrincipalCache::new().max_bytes(64 << 10);
    let (database, _, authorizer) = started(cache);
    for number in 0..60 {
        let name = format!("u{number}");
        database.publish(&name, "v1", "GetApp");
        database.attach(&name, &name, "v1");
        assert_eq!(now(&authorizer, &name), Allowed);
        assert!(authorizer.principal_cache_counts().managed_bytes <= 16 << 10);
    }
    assert!(authorizer.principal_cache_counts().overflows > 0);
}

/// Boundaries that a test replaces.
#[derive(Clone, Default)]
struct Boundaries(Arc<Mutex<PolicyStore>>);

impl Boundaries {
    fn set(&self, name: &str, action: &str) {
        let boundary = Policy::new("boundary", Document::parse(&allow(action)).unwrap());
        let mut store = self.0.lock().unwrap();
        store
            .identity(&arn(name))
            .unwrap()
            .set_permissions_boundary(boundary);
    }
}

impl PolicySource for Boundaries {
    fn load(&self) -> Result<PolicyStore, SourceError> {
        Ok(self.0.lock().unwrap().clone())
    }
}

#[test]
fn boundaries_of_another_source_limit_all_principals() {
    let (database, boundaries) = (Database::default(), Boundaries::default());
    let clock = SimulatedClock::new();
    boundaries.set("ana", "GetApp");
    boundaries.set("bob", "DeleteApp");
    for name in ["ana", "bob", "eve"] {
        database.grant(name, "GetApp");
    }
    let authorizer = builder(&database, PrincipalCache::new().time_to_live(3600 * SECOND))
        .source(boundaries.clone())
        .max_age(600 * SECOND)
        .clock(clock.clone())
        .build()
        .unwrap();
    assert_eq!(now(&authorizer, "ana"), Allowed);
    assert_eq!(now(&authorizer, "bob"), Denied);
    // Without a boundary.
    assert_eq!(now(&authorizer, "eve"), Denied);
    // A load that has read the old boundary is repeated.
    changed(&authorizer, "ana");
    database.will(Mode::Holds);
    let mut asked = ask(&authorizer, "ana");
    asked.waits();
    boundaries.set("ana", "DeleteApp");
    boundaries.set("bob", "GetApp");
    authorizer.reload().unwrap();
    database.respond();
    asked.waits();
    database.respond();
    assert_eq!(asked.finish(), Denied);
    database.will(Mode::Responds);
    assert_eq!(now(&authorizer, "bob"), Allowed);
    // Expired boundaries deny also principals in the cache.
    clock.advance(600 * SECOND);
    let Decision::Deny(by) = decide(&authorizer, &user("bob"), "GetApp", "apps/a1") else {
        panic!("allowed without confirmed boundaries");
    };
    assert_eq!(*by.reason(), DenyReason::PoliciesExpired);
    authorizer.reload().unwrap();
    assert_eq!(now(&authorizer, "bob"), Allowed);
}

#[test]
fn a_principal_with_two_boundaries_denies() {
    let (database, boundaries) = (Database::default(), Boundaries::default());
    boundaries.set("ana", "GetApp");
    let mut record = IdentityRecord::new(arn("ana"));
    record
        .policies
        .push(PolicyRecord::inline("own", allow("GetApp")));
    record.boundary = Some(PolicyRecord::inline("boundary", allow("*")));
    database.set(record);
    let authorizer = builder(&database, PrincipalCache::new())
        .source(boundaries)
        .build()
        .unwrap();
    assert_eq!(now(&authorizer, "ana"), NotLoaded);
}

#[test]
fn the_other_source_contains_only_boundaries() {
    let mut store = PolicyStore::new();
    let own = Policy::new("own", Document::parse(&allow("GetApp")).unwrap());
    store.identity(&arn("ana")).unwrap().attach(own);
    let built = builder(&Database::default(), PrincipalCache::new())
        .source(store)
        .build();
    assert!(matches!(built, Err(BuildError::Source(_))));
}

#[test]
fn an_invalidator_does_not_keep_the_authorizer() {
    let (database, _, authorizer) = started(PrincipalCache::new());
    database.grant("ana", "GetApp");
    assert_eq!(now(&authorizer, "ana"), Allowed);
    let invalidator = authorizer.invalidator();
    assert!(invalidator.invalidate(&Invalidation::Everything));
    assert_eq!(at_once(&authorizer, "ana"), NotLoaded);
    drop(authorizer);
    assert!(!invalidator.is_alive());
    assert!(!invalidator.invalidate(&Invalidation::Everything));
}

/// A step of a random run. Users and requests are chosen modulo their number.
#[derive(Clone, Debug)]
enum Step {
    /// Changes the permission of a user, and reports it unless the notification is lost.
    Change {
        user: usize,
        is_allowed: bool,
        is_reported: bool,
    },
    /// The listener has connected again.
    Flush,
    Ask(usize),
    Poll(usize),
    Drop(usize),
    /// A request without a decision, which keeps the policies that it has found.
    Keep(usize),
    /// The held calls of the source respond.
    Respond,
    /// Whether later calls fail.
    Fail(bool),
    Advance(u64),
}

const USERS: [&str; 2] = ["ana", "bob"];

fn step() -> impl Strategy<Value = Step> {
    prop_oneof![
        4 => (0..USERS.len(), any::<bool>(), any::<bool>())
            .prop_map(|(user, is_allowed, is_reported)| Step::Change { user, is_allowed, is_reported }),
        1 => Just(Step::Flush),
        6 => (0..USERS.len()).prop_map(Step::Ask),
        8 => any::<usize>().prop_map(Step::Poll),
        1 => any::<usize>().prop_map(Step::Drop),
        2 => (0..USERS.len()).prop_map(Step::Keep),
        5 => Just(Step::Respond),
        1 => any::<bool>().prop_map(Step::Fail),
        1 => (1u64..40).prop_map(Step::Advance),
    ]
}

/// The reference: the complete history of the permission of a user, from which follow the allowed outcomes of a request.
#[derive(Default)]
struct History {
    /// The simulated time, and whether the user was allowed at that moment.
    moments: Vec<(u64, bool)>,
    /// The moment of the last invalidation.
    invalidated: usize,
}

impl History {
    /// Whether some state of the source that the request may use has this outcome. It may use those since the last
    /// invalidation before it, if they are not older than the time to live, until now.
    fn permits(&self, request: &Running, is_allowed: bool) -> bool {
        let oldest = request.time.saturating_sub(60);
        // The state at the moment `oldest` was set by the last change until then.
        let first = self.moments.partition_point(|(time, _)| *time < oldest);
        let first = first.saturating_sub(1).max(request.invalidated);
        let mut moments = self.moments.iter().skip(first);
        moments.any(|(_, was_allowed)| *was_allowed == is_allowed)
    }
}

struct Running {
    user: usize,
    asked: Asked,
    /// The time at which the request looked the user up.
    time: u64,
    /// The moment of the last invalidation before.
    invalidated: usize,
}

fn run(steps: &[Step]) -> Result<(), TestCaseError> {
    let cache = PrincipalCache::new().load_timeout(Duration::from_secs(1 << 30));
    let (database, clock, authorizer) = started(cache);
    database.will(Mode::Holds);
    let mut histories: [History; 2] = Default::default();
    for (name, history) in USERS.iter().zip(&mut histories) {
        database.revoke(name);
        history.moments.push((0, false));
    }
    let (mut time, mut disturbances) = (0, 0);
    // The principals remember what was found for them.
    let (principals, context) = (USERS.map(user), Context::new());
    let mut kept = Vec::new();
    let mut running: Vec<Running> = Vec::new();
    let last = [Step::Fail(false), Step::Respond, Step::Poll(0)];
    let ends = last.iter().cycle().take(6 * steps.len() + 24);
    for step in steps.iter().chain(ends) {
        match *step {
            Step::Change {
                user,
                is_allowed,
                is_reported,
            } => {
                match is_allowed {
                    true => database.grant(USERS[user], "GetApp"),
                    false => database.revoke(USERS[user]),
                }
                histories[user].moments.push((time, is_allowed));
                if is_reported {
                    changed(&authorizer, USERS[user]);
                    disturbances += 1;
                    histories[user].invalidated = histories[user].moments.len() - 1;
                }
            }
            Step::Flush => {
                authorizer.invalidate(&Invalidation::Everything);
                disturbances += 1;
                for history in &mut histories {
                    history.invalidated = history.moments.len() - 1;
                }
            }
            Step::Ask(user) => {
                let asked = ask_as(&authorizer, principals[user].clone());
                let invalidated = histories[user].invalidated;
                running.push(Running {
                    user,
                    asked,
                    time,
                    invalidated,
                });
                let last = running.len() - 1;
                check(&mut running, last, &histories, disturbances)?;
            }
            Step::Poll(number) if !running.is_empty() => {
                let number = number % running.len();
                check(&mut running, number, &histories, disturbances)?;
            }
            Step::Drop(number) if !running.is_empty() => {
                let number = number % running.len();
                running.remove(number);
            }
            Step::Poll(_) | Step::Drop(_) => {}
            Step::Keep(user) => kept.push(authorizer.guard(&principals[user], &context)),
            Step::Respond => database.respond(),
            Step::Fail(fails) => {
                disturbances += usize::from(fails) * 4;
                database.will(if fails { Mode::Fails } else { Mode::Holds });
            }
            Step::Advance(seconds) => {
                time += seconds;
                clock.advance(Duration::from_secs(seconds));
            }
        }
    }
    prop_assert!(
        running.is_empty(),
        "{} requests wait for ever",
        running.len()
    );
    Ok(())
}

/// Polls a request and, if it ends, compares its outcome with the reference.
fn check(
    running: &mut Vec<Running>,
    number: usize,
    histories: &[History; 2],
    disturbances: usize,
) -> Result<(), TestCaseError> {
    let Poll::Ready(outcome) = running[number].asked.poll() else {
        return Ok(());
    };
    let request = running.remove(number);
    let history = &histories[request.user];
    match outcome {
        Allowed => prop_assert!(
            history.permits(&request, true),
            "allowed after a revocation"
        ),
        Denied => prop_assert!(history.permits(&request, false), "denied after a grant"),
        // Only a failure of the source, or four changes during the loads.
        NotLoaded => prop_assert!(disturbances >= 4, "denied without a reason"),
    }
    Ok(())
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 500, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn no_interleaving_revives_a_revoked_permission(steps in proptest::collection::vec(step(), 1..60)) {
        run(&steps)?;
    }
}
