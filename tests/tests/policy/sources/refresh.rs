//! Asynchronous sources: polling, failures of the store, and the last good set on disk. Time is simulated.

mod changes;
mod fleet;
mod order;
mod suspension;

use std::collections::VecDeque;
use std::fs;
use std::future::{pending, poll_fn};
use std::pin::pin;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::task::Poll;
use std::time::{Duration, SystemTime};

use pinpoint_iam::context::Context;
use pinpoint_iam::eval::DenyReason;
use pinpoint_iam::freshness::{FreshnessState, Revision};
use pinpoint_iam::mobiletargeting::{App, DeleteApp, GetApp};
use pinpoint_iam::source::{
    AccountDetails, AsyncPolicySource, Directory, FetchFuture, FetchRequest, Fetched, Layers,
    PolicyFiles, PolicySet, PolicyStore, SourceError, from_fn,
};
use pinpoint_iam::testing::SimulatedClock;
use pinpoint_iam::{
    Authorizer, AuthorizerBuilder, BuildError, Decision, Principal, RefreshCounts, RefreshError,
    Refreshed, Refresher, Scope,
};
use tokio::sync::oneshot;

use super::temporary::TemporaryDirectory;
use super::{decide, user};

const SECOND: Duration = Duration::from_secs(1);
const MINUTE: Duration = Duration::from_secs(60);
const POLL: Duration = Duration::from_secs(30);

/// What a source does at one fetch.
enum Reply {
    Unchanged,
    Set(&'static str, PolicyFiles),
    Store(&'static str),
    Fails,
    Hangs,
    Panics,
    /// Panics before there is a future.
    PanicsAtOnce,
    /// Replies later, when the test sends the reply.
    Waits(oneshot::Receiver<Reply>),
}

/// A source with prepared replies. Without any, it is unavailable.
#[derive(Clone, Default)]
struct Scripted {
    replies: Arc<Mutex<VecDeque<Reply>>>,
    asked: Arc<Mutex<Vec<Option<String>>>>,
}

impl Scripted {
    fn new(replies: impl IntoIterator<Item = Reply>) -> Self {
        let scripted = Self::default();
        replies.into_iter().for_each(|reply| scripted.then(reply));
        scripted
    }

    fn then(&self, reply: Reply) {
        self.replies.lock().unwrap().push_back(reply);
    }

    /// The revisions that the authorizer had, for each fetch.
    fn asked(&self) -> Vec<Option<String>> {
        self.asked.lock().unwrap().clone()
    }
}

impl AsyncPolicySource for Scripted {
    fn name(&self) -> String {
        "store".to_owned()
    }

    fn fetch<'a>(&'a self, request: FetchRequest<'a>) -> FetchFuture<'a> {
        let known = request.known.map(ToString::to_string);
        self.asked.lock().unwrap().push(known);
        let reply = self.replies.lock().unwrap().pop_front();
        assert!(!matches!(reply, Some(Reply::PanicsAtOnce)), "on purpose");
        Box::pin(async move {
            let mut reply = reply.unwrap_or(Reply::Fails);
            if let Reply::Waits(later) = reply {
                reply = later.await.unwrap();
            }
            match reply {
                Reply::Unchanged => Ok(Fetched::Unchanged),
                Reply::Set(revision, files) => {
                    let set = PolicySet::from_files(Revision::new(revision), files);
                    Ok(Fetched::Changed(set))
                }
                Reply::Store(revision) => {
                    let set = PolicySet::from_store(Revision::new(revision), PolicyStore::new());
                    Ok(Fetched::Changed(set))
                }
                Reply::Fails | Reply::Waits(_) => {
                    Err(SourceError::of_file("store".as_ref(), "connection refused"))
                }
                Reply::Hangs => pending().await,
                Reply::Panics | Reply::PanicsAtOnce => panic!("on purpose"),
            }
        })
    }
}

/// Files in which ana and bob have a document each that allows these actions. An action `!` makes the document invalid,
/// and one `-` detaches the user.
fn set(ana: &str, bob: &str) -> PolicyFiles {
    let mut files = PolicyFiles::new();
    let mut users = Vec::new();
    for (name, action) in [("ana", ana), ("bob", bob)] {
        let text = match action {
            "!" => "{".to_owned(),
            _ => format!(
                r#"{{"Version": "2012-10-17", "Statement": {{"Effect": "Allow", "Action": "mobiletargeting:{action}", "Resource": "*"}}}}"#
            ),
        };
        if action == "-" {
            continue;
        }
        files.insert(format!("{name}.json"), text).unwrap();
        users.push(format!(
            r#""arn:aws:iam::111122223333:user/{name}": {{"policies": ["{name}.json"]}}"#
        ));
    }
    let attachments = format!("{{\"users\": {{{}}}}}", users.join(", "));
    files.insert("attachments.json", attachments).unwrap();
    files
}

fn builder(source: impl AsyncPolicySource, clock: &SimulatedClock) -> AuthorizerBuilder {
    Authorizer::builder()
        .scope(Scope::new("aws", "us-east-1", "111122223333"))
        .async_source(source)
        .poll_interval(POLL)
        .fetch_timeout(10 * SECOND)
        .max_age(10 * MINUTE)
        .clock(clock.clone())
}

/// An authorizer that has loaded `set("GetApp", "GetApp")` with the revision `r1` from the source.
async fn started(clock: &SimulatedClock) -> (Scripted, Authorizer, Refresher) {
    let source = Scripted::new([Reply::Set("r1", set("GetApp", "GetApp"))]);
    let built = builder(source.clone(), clock).build_async().await;
    let (authorizer, refresher) = built.unwrap();
    (source, authorizer, refresher)
}

/// Returns a letter for each of ana and bob: `r` can get applications, `d` delete them, `b` both, `-` neither, `?` is
/// denied because of policies that cannot be read, and `x` because they have expired.
fn rights(authorizer: &Authorizer) -> String {
    let right = |name: &&str| {
        let decisions = ["GetApp", "DeleteApp"]
            .map(|action| decide(authorizer, &user(name), action, "apps/a1"));
        let denied = |reason: DenyReason| {
            decisions
                .iter()
                .all(|decision| matches!(decision, Decision::Deny(by) if *by.reason() == reason))
        };
        if denied(DenyReason::PoliciesUnavailable) {
            return '?';
        }
        if denied(DenyReason::PoliciesExpired) {
            return 'x';
        }
        match decisions.each_ref().map(Decision::is_allowed) {
            [true, true] => 'b',
            [true, false] => 'r',
            [false, true] => 'd',
            [false, false] => '-',
        }
    };
    ["ana", "bob"].iter().map(right).collect()
}

fn state(authorizer: &Authorizer) -> (String, u64, FreshnessState) {
    let freshness = authorizer.freshness();
    let revision = freshness.revision.to_string();
    (revision, freshness.age.as_secs(), freshness.state)
}

/// The counts in the order of their declaration.
fn counts(authorizer: &Authorizer) -> [u64; 6] {
    let RefreshCounts {
        unchanged,
        changed,
        superseded,
        unavailable,
        rejected,
        last_good_failures,
        ..
    } = authorizer.refresh_counts();
    [
        unchanged,
        changed,
        superseded,
        unavailable,
        rejected,
        last_good_failures,
    ]
}

/// Polls a future once, and returns whether it is ready.
async fn is_ready(future: &mut (impl Future + Unpin)) -> bool {
    poll_fn(|context| Poll::Ready(std::pin::Pin::new(&mut *future).poll(context).is_ready())).await
}

#[tokio::test]
async fn an_asynchronous_source_needs_a_choice_about_old_policies() {
    let scope = || Scope::new("aws", "us-east-1", "111122223333");
    let undecided = || {
        Authorizer::builder()
            .scope(scope())
            .async_source(Scripted::new([Reply::Store("r1"), Reply::Store("r1")]))
    };
    let error = undecided().build_async().await.unwrap_err();
    assert_eq!(error, BuildError::NoMaxAge);
    let message = error.to_string();
    assert!(message.contains("`max_age`") && message.contains("`serve_stale_forever`"));
    let both = undecided().max_age(10 * MINUTE).serve_stale_forever();
    let error = both.build_async().await.unwrap_err();
    assert_eq!(error, BuildError::ContradictoryMaxAge);
    // 30 seconds for the poll and 10 for the fetch.
    let error = undecided().max_age(40 * SECOND).build_async().await;
    let needed = BuildError::MaxAgeTooShort {
        max_age: 40 * SECOND,
        needed: 40 * SECOND,
    };
    assert_eq!(error.unwrap_err(), needed);
    for decided in [
        undecided().max_age(41 * SECOND),
        undecided().serve_stale_forever(),
    ] {
        assert!(decided.build_async().await.is_ok());
    }
}

#[tokio::test]
async fn each_kind_of_source_has_its_own_functions() {
    let clock = SimulatedClock::new();
    let source = Scripted::new([]);
    let error = builder(source, &clock).build().unwrap_err();
    assert_eq!(error, BuildError::AsynchronousSource);
    let synchronous = || {
        Authorizer::builder()
            .scope(Scope::new("aws", "us-east-1", "111122223333"))
            .source(PolicyStore::new())
            .max_age(10 * MINUTE)
    };
    let error = synchronous().build_async().await.unwrap_err();
    assert_eq!(error, BuildError::NoSource);
    let authorizer = synchronous().build().unwrap();
    let error = authorizer.refresh().await.unwrap_err();
    assert_eq!(error, RefreshError::Rejected(BuildError::NoSource));
    assert_eq!(authorizer.refresh_counts(), RefreshCounts::default());

    let (_, authorizer, _) = started(&clock).await;
    let error = authorizer.reload().unwrap_err();
    assert_eq!(error, BuildError::AsynchronousSource);
    let error = authorizer.replace(PolicyStore::new()).unwrap_err();
    assert_eq!(error, BuildError::AsynchronousSource);
    assert_eq!(rights(&authorizer), "rr");
}

#[tokio::test]
async fn polls_take_over_changes_and_confirm_what_has_not_changed() {
    let clock = SimulatedClock::new();
    let (source, authorizer, mut refresher) = started(&clock).await;
    assert_eq!(state(&authorizer), ("r1".into(), 0, FreshnessState::Fresh));
    source.then(Reply::Unchanged);
    source.then(Reply::Set("r2", set("DeleteApp", "*")));
    clock.advance(POLL);
    assert_eq!(state(&authorizer).1, 30);
    let outcome = refresher.next().await.unwrap();
    assert_eq!(outcome, Ok(Refreshed::Unchanged));
    assert_eq!(state(&authorizer), ("r1".into(), 0, FreshnessState::Fresh));
    assert_eq!(rights(&authorizer), "rr");
    clock.advance(POLL);
    let outcome = refresher.next().await.unwrap();
    assert_eq!(outcome, Ok(Refreshed::Changed));
    assert_eq!(state(&authorizer), ("r2".into(), 0, FreshnessState::Fresh));
    assert_eq!(rights(&authorizer), "db");
    assert_eq!(source.asked(), [None, Some("r1".into()), Some("r1".into())]);
    assert_eq!(counts(&authorizer), [1, 2, 0, 0, 0, 0]);
}

#[tokio::test]
async fn the_same_revision_for_ever_stays_fresh() {
    let clock = SimulatedClock::new();
    let (source, authorizer, mut refresher) = started(&clock).await;
    for _ in 0..1_000 {
        source.then(Reply::Unchanged);
        clock.advance(POLL);
        refresher.next().await.unwrap().unwrap();
        assert_eq!(state(&authorizer), ("r1".into(), 0, FreshnessState::Fresh));
    }
    assert_eq!(rights(&authorizer), "rr");
    assert_eq!(counts(&authorizer), [1_000, 1, 0, 0, 0, 0]);
    clock.advance(10 * MINUTE);
    assert_eq!(rights(&authorizer), "xx");
}

#[tokio::test]
async fn an_unavailable_store_leads_to_stale_and_to_expired_policies() {
    let clock = SimulatedClock::new();
    let (source, authorizer, mut refresher) = started(&clock).await;
    let mut failures = 0;
    while state(&authorizer).1 < 600 {
        let (revision, age, freshness) = state(&authorizer);
        assert_eq!(revision, "r1");
        assert_eq!(
            freshness == FreshnessState::Stale,
            (300..600).contains(&age)
        );
        assert_eq!(rights(&authorizer), "rr");
        clock.advance(POLL);
        let error = refresher.next().await.unwrap().unwrap_err();
        assert_eq!(error.to_string(), "store: connection refused");
        failures += 1;
    }
    assert_eq!(counts(&authorizer), [0, 1, 0, failures, 0, 0]);
    assert_eq!(
        state(&authorizer),
        ("r1".into(), 600, FreshnessState::Expired)
    );
    assert_eq!(rights(&authorizer), "xx");
    // The store is back, and nothing has changed.
    source.then(Reply::Unchanged);
    clock.advance(POLL);
    refresher.next().await.unwrap().unwrap();
    assert_eq!(state(&authorizer), ("r1".into(), 0, FreshnessState::Fresh));
    assert_eq!(rights(&authorizer), "rr");
}

#[tokio::test]
async fn a_store_that_is_unavailable_at_the_start_is_an_error() {
    let clock = SimulatedClock::new();
    let error = builder(Scripted::new([]), &clock).build_async().await;
    assert_eq!(error.unwrap_err().to_string(), "store: connection refused");
    let source = Scripted::new([Reply::Hangs]);
    let mut build = pin!(builder(source, &clock).build_async());
    assert!(!is_ready(&mut build).await);
    clock.advance(10 * SECOND);
    assert_eq!(
        build.await.unwrap_err().to_string(),
        "store: did not respond within 10s"
    );
    let source = Scripted::new([Reply::Unchanged]);
    let error = builder(source, &clock).build_async().await;
    assert_eq!(
        error.unwrap_err().to_string(),
        "store: reports that nothing has changed, without having returned a set"
    );
    let source = Scripted::new([Reply::Set("r1", set("GetApp", "!"))]);
    let error = builder(source, &clock).build_async().await.unwrap_err();
    assert!(
        error.to_string().starts_with("store/bob.json:1:1: "),
        "{error}"
    );
}

#[tokio::test]
async fn a_response_is_as_old_as_its_request() {
    let clock = SimulatedClock::new();
    let (source, authorizer, _refresher) = started(&clock).await;
    for (reply, age) in [
        (Reply::Set("r2", set("GetApp", "-")), 9),
        (Reply::Unchanged, 9),
    ] {
        let (send, later) = oneshot::channel();
        source.then(Reply::Waits(later));
        clock.advance(MINUTE);
        let mut refresh = pin!(authorizer.refresh());
        assert!(!is_ready(&mut refresh).await);
        clock.advance(9 * SECOND);
        assert!(send.send(reply).is_ok());
        refresh.await.unwrap();
        assert_eq!(state(&authorizer).1, age);
    }
}

#[tokio::test]
async fn a_source_that_hangs_is_given_up_and_asked_again() {
    let clock = SimulatedClock::new();
    let (source, authorizer, mut refresher) = started(&clock).await;
    source.then(Reply::Hangs);
    source.then(Reply::Unchanged);
    clock.advance(POLL);
    {
        let mut next = pin!(refresher.next());
        assert!(!is_ready(&mut next).await);
        clock.advance(10 * SECOND);
        let error = next.await.unwrap().unwrap_err();
        assert_eq!(error.to_string(), "store: did not respond within 10s");
    }
    assert_eq!(state(&authorizer).1, 40);
    // Not after a whole poll interval, but after a second.
    clock.advance(SECOND);
    refresher.next().await.unwrap().unwrap();
    assert_eq!(state(&authorizer).1, 0);
    assert_eq!(counts(&authorizer), [1, 1, 0, 1, 0, 0]);
}

/// A panic would end the task of the refresher: an authorizer that serves stale policies for ever would never learn of a
/// revoked permission.
#[tokio::test]
async fn a_source_that_panics_has_failed_and_is_asked_again() {
    let clock = SimulatedClock::new();
    let (source, authorizer, mut refresher) = started(&clock).await;
    let (send, later) = oneshot::channel();
    assert!(send.send(Reply::Panics).is_ok());
    let panics = [Reply::PanicsAtOnce, Reply::Panics, Reply::Waits(later)];
    for (failures, panics) in (1..).zip(panics) {
        source.then(panics);
        clock.advance(POLL);
        let error = refresher.next().await.unwrap().unwrap_err();
        assert_eq!(error.to_string(), "store: fetching the policies panicked");
        assert_eq!(counts(&authorizer), [0, 1, 0, failures, 0, 0]);
        assert_eq!(rights(&authorizer), "rr");
    }
    source.then(Reply::Set("r2", set("-", "GetApp")));
    clock.advance(POLL);
    refresher.next().await.unwrap().unwrap();
    assert_eq!(state(&authorizer), ("r2".into(), 0, FreshnessState::Fresh));
    assert_eq!(rights(&authorizer), "-r");
}

#[tokio::test]
async fn a_source_that_panics_at_the_start_is_an_error() {
    let clock = SimulatedClock::new();
    for panics in [Reply::PanicsAtOnce, Reply::Panics] {
        let source = Scripted::new([panics]);
        let error = builder(source, &clock).build_async().await.unwrap_err();
        assert_eq!(error.to_string(), "store: fetching the policies panicked");
    }
}

#[tokio::test]
async fn a_slow_older_response_does_not_replace_a_newer_one() {
    let clock = SimulatedClock::new();
    let (source, authorizer, _refresher) = started(&clock).await;
    for old in [
        Reply::Set("r1", set("*", "*")),
        Reply::Set("broken", set("!", "!")),
        Reply::Unchanged,
        Reply::Fails,
    ] {
        let (send, later) = oneshot::channel();
        source.then(Reply::Waits(later));
        let mut slow = pin!(authorizer.refresh());
        assert!(!is_ready(&mut slow).await);
        clock.advance(5 * SECOND);
        // Bob is removed in the meantime.
        source.then(Reply::Set("r2", set("GetApp", "-")));
        authorizer.refresh().await.unwrap();
        assert_eq!(rights(&authorizer), "r-");
        assert!(send.send(old).is_ok());
        match slow.await {
            Ok(outcome) => assert_eq!(outcome, Refreshed::Superseded),
            Err(error) => assert!(matches!(error, RefreshError::Unavailable(_))),
        }
        assert_eq!(rights(&authorizer), "r-");
        assert_eq!(state(&authorizer), ("r2".into(), 0, FreshnessState::Fresh));
    }
    assert_eq!(counts(&authorizer), [0, 5, 3, 1, 0, 0]);
}

#[tokio::test]
async fn a_document_that_does_not_parse_among_good_ones_is_denied_until_it_does() {
    let clock = SimulatedClock::new();
    let (source, authorizer, mut refresher) = started(&clock).await;
    source.then(Reply::Set("r2", set("*", "!")));
    clock.advance(POLL);
    let error = refresher.next().await.unwrap().unwrap_err();
    assert!(matches!(error, RefreshError::Rejected(_)), "{error}");
    // No caller gets more than with the last good set: ana's policies have changed, and bob's cannot be read.
    assert_eq!(rights(&authorizer), "??");
    assert_eq!(state(&authorizer), ("r1".into(), 30, FreshnessState::Fresh));
    source.then(Reply::Set("r3", set("GetApp", "!")));
    clock.advance(SECOND);
    refresher.next().await.unwrap().unwrap_err();
    assert_eq!(rights(&authorizer), "??");
    assert_eq!(counts(&authorizer), [0, 1, 0, 0, 2, 0]);
    // The source is asked with the last good revision, and returns to it.
    source.then(Reply::Unchanged);
    clock.advance(2 * SECOND);
    refresher.next().await.unwrap().unwrap();
    assert_eq!(source.asked().last(), Some(&Some("r1".into())));
    assert_eq!(rights(&authorizer), "rr");
    assert_eq!(state(&authorizer), ("r1".into(), 0, FreshnessState::Fresh));
}

#[tokio::test]
async fn only_those_whose_policies_are_invalid_are_denied() {
    let clock = SimulatedClock::new();
    let (source, authorizer, _refresher) = started(&clock).await;
    source.then(Reply::Set("r2", set("GetApp", "!")));
    authorizer.refresh().await.unwrap_err();
    assert_eq!(rights(&authorizer), "r?");
    // They expire as well.
    clock.advance(10 * MINUTE);
    assert_eq!(rights(&authorizer), "xx");
}

#[tokio::test]
async fn a_user_who_is_removed_while_another_document_is_invalid_is_denied() {
    let clock = SimulatedClock::new();
    let (source, authorizer, _refresher) = started(&clock).await;
    let mut files = set("GetApp", "-");
    files.insert("unrelated.json", "{").unwrap();
    source.then(Reply::Set("r2", files));
    authorizer.refresh().await.unwrap_err();
    assert_eq!(rights(&authorizer), "r?");
}

#[tokio::test]
async fn a_set_without_attachments_is_rejected() {
    let clock = SimulatedClock::new();
    let (source, authorizer, _refresher) = started(&clock).await;
    source.then(Reply::Set("r2", PolicyFiles::new()));
    let error = authorizer.refresh().await.unwrap_err();
    assert_eq!(error.to_string(), "store/attachments.json: does not exist");
    assert_eq!(rights(&authorizer), "rr");
    assert_eq!(counts(&authorizer), [0, 1, 0, 0, 1, 0]);
}

#[tokio::test]
async fn a_set_with_a_key_without_a_source_is_rejected() {
    let clock = SimulatedClock::new();
    let (source, authorizer, _refresher) = started(&clock).await;
    let mut files = PolicyFiles::new();
    let deny = r#"{"Version": "2012-10-17", "Statement": {"Effect": "Deny", "Action": "*", "Resource": "*",
        "Condition": {"StringEquals": {"aws:SourceVpc": "vpc-1"}}}}"#;
    let attachments =
        r#"{"users": {"arn:aws:iam::111122223333:user/ana": {"policies": ["deny.json"]}}}"#;
    files.insert("deny.json", deny).unwrap();
    files.insert("attachments.json", attachments).unwrap();
    source.then(Reply::Set("r2", files));
    let error = authorizer.refresh().await.unwrap_err();
    let RefreshError::Rejected(BuildError::KeysWithoutSource(_)) = error else {
        panic!("{error}");
    };
    assert_eq!(rights(&authorizer), "rr");
    assert_eq!(state(&authorizer).0, "r1");
}

#[tokio::test]
async fn failures_are_repeated_after_longer_and_longer_times() {
    let clock = SimulatedClock::new();
    let (_source, authorizer, mut refresher) = started(&clock).await;
    clock.advance(POLL);
    refresher.next().await.unwrap().unwrap_err();
    for longest in [1, 2, 4, 8, 16, 30, 30] {
        // At least four fifths of the time.
        let longest = longest * SECOND;
        let shortest = longest * 4 / 5;
        let before = Duration::from_millis(1);
        let mut next = pin!(refresher.next());
        clock.advance(shortest - before);
        assert!(!is_ready(&mut next).await, "{longest:?}");
        clock.advance(longest - shortest + before);
        next.await.unwrap().unwrap_err();
    }
    assert_eq!(counts(&authorizer), [0, 1, 0, 8, 0, 0]);
}

#[tokio::test]
async fn a_notification_causes_a_fetch_before_the_next_poll() {
    let clock = SimulatedClock::new();
    let (source, authorizer, mut refresher) = started(&clock).await;
    source.then(Reply::Unchanged);
    clock.advance(POLL);
    refresher.next().await.unwrap().unwrap();
    source.then(Reply::Set("r2", set("*", "-")));
    {
        let mut next = pin!(refresher.next());
        clock.advance(SECOND);
        assert!(!is_ready(&mut next).await);
        authorizer.refresh_soon();
        authorizer.refresh_soon();
        // Several changes within a short time are fetched together.
        assert!(!is_ready(&mut next).await);
        authorizer.refresh_soon();
        clock.advance(Duration::from_millis(100));
        next.await.unwrap().unwrap();
    }
    assert_eq!(rights(&authorizer), "b-");
    let mut next = pin!(refresher.next());
    assert!(!is_ready(&mut next).await);
    assert_eq!(source.asked().len(), 3);
}

#[tokio::test]
async fn the_refresher_ends_with_the_authorizer() {
    let clock = SimulatedClock::new();
    let (_source, authorizer, refresher) = started(&clock).await;
    let clone = authorizer.clone();
    let mut run = Box::pin(refresher.run());
    assert!(!is_ready(&mut run).await);
    drop(authorizer);
    assert!(!is_ready(&mut run).await);
    drop(clone);
    // Without waiting for the next poll.
    assert!(is_ready(&mut run).await);
}

#[tokio::test]
async fn requests_are_decided_by_one_state_while_policies_are_replaced() {
    let clock = SimulatedClock::new();
    let (source, authorizer, _refresher) = started(&clock).await;
    let is_over = Arc::new(AtomicBool::new(false));
    let threads: Vec<_> = (0..3)
        .map(|_| {
            let (authorizer, is_over) = (authorizer.clone(), Arc::clone(&is_over));
            std::thread::spawn(move || {
                let (ana, context) = (user("ana"), Context::new());
                let app = App::new("a1").unwrap();
                let mut requests = 0_u64;
                while !is_over.load(Ordering::Relaxed) {
                    let guard = authorizer.guard(&ana, &context);
                    let allowed = [
                        guard.check(GetApp, &app).is_ok(),
                        guard.check(DeleteApp, &app).is_ok(),
                    ];
                    // A state that was replaced eight times denies everything.
                    assert_ne!(allowed, [true, true]);
                    requests += 1;
                }
                requests
            })
        })
        .collect();
    for round in 0..300 {
        let (revision, action) = match round % 2 {
            0 => ("r2", "DeleteApp"),
            _ => ("r1", "GetApp"),
        };
        source.then(Reply::Set(revision, set(action, "GetApp")));
        authorizer.refresh().await.unwrap();
    }
    is_over.store(true, Ordering::Relaxed);
    for thread in threads {
        assert!(thread.join().unwrap() > 0);
    }
    assert_eq!(counts(&authorizer), [0, 301, 0, 0, 0, 0]);
}

#[tokio::test]
async fn a_service_starts_with_the_last_good_set_while_its_store_is_down() {
    let clock = SimulatedClock::new();
    let directory = TemporaryDirectory::new();
    let path = directory.path().join("last-good");
    let source = Scripted::new([Reply::Set("r1", set("GetApp", "DeleteApp"))]);
    let build = builder(source, &clock).last_good(&path).build_async();
    assert!(build.await.is_ok());
    // The wall clock does not matter.
    for modified in [0, 4_000_000_000] {
        let file = fs::File::options().write(true).open(&path).unwrap();
        file.set_modified(SystemTime::UNIX_EPOCH + Duration::from_secs(modified))
            .unwrap();
        let source = Scripted::new([]);
        let built = builder(source.clone(), &clock)
            .last_good(&path)
            .build_async();
        let (authorizer, mut refresher) = built.await.unwrap();
        assert_eq!(rights(&authorizer), "rd");
        assert_eq!(
            state(&authorizer),
            ("r1".into(), 300, FreshnessState::Stale)
        );
        assert_eq!(counts(&authorizer), [0, 0, 0, 1, 0, 0]);
        // The source is asked whether the set is current.
        clock.advance(SECOND);
        refresher.next().await.unwrap().unwrap_err();
        assert_eq!(source.asked(), [None, Some("r1".into())]);
        clock.advance(299 * SECOND);
        assert_eq!(rights(&authorizer), "xx");
        source.then(Reply::Unchanged);
        refresher.next().await.unwrap().unwrap();
        assert_eq!(state(&authorizer), ("r1".into(), 0, FreshnessState::Fresh));
        assert_eq!(rights(&authorizer), "rd");
    }
}

#[tokio::test]
async fn a_service_starts_with_the_last_good_set_if_the_store_contains_an_invalid_document() {
    let clock = SimulatedClock::new();
    let directory = TemporaryDirectory::new();
    let path = directory.path().join("last-good");
    let source = Scripted::new([Reply::Set("r1", set("GetApp", "GetApp"))]);
    let build = builder(source, &clock).last_good(&path).build_async();
    assert!(build.await.is_ok());
    let source = Scripted::new([Reply::Set("r2", set("GetApp", "!"))]);
    let build = builder(source, &clock).last_good(&path).build_async();
    let (authorizer, _) = build.await.unwrap();
    // As in a service that was running when the document became invalid.
    assert_eq!(rights(&authorizer), "r?");
    assert_eq!(state(&authorizer).0, "r1");
}

#[tokio::test]
async fn only_sets_in_use_are_kept() {
    let clock = SimulatedClock::new();
    let directory = TemporaryDirectory::new();
    let path = directory.path().join("last-good");
    let source = Scripted::new([
        Reply::Set("r1", set("GetApp", "GetApp")),
        Reply::Set("r2", set("*", "!")),
    ]);
    let build = builder(source.clone(), &clock).last_good(&path);
    let (authorizer, _refresher) = build.build_async().await.unwrap();
    let kept = fs::read(&path).unwrap();
    authorizer.refresh().await.unwrap_err();
    assert_eq!(fs::read(&path).unwrap(), kept);
    source.then(Reply::Unchanged);
    authorizer.refresh().await.unwrap();
    assert_eq!(fs::read(&path).unwrap(), kept);
    source.then(Reply::Set("r3", set("GetApp", "-")));
    authorizer.refresh().await.unwrap();
    assert_ne!(fs::read(&path).unwrap(), kept);
    let build = builder(Scripted::new([]), &clock).last_good(&path);
    let (authorizer, _refresher) = build.build_async().await.unwrap();
    assert_eq!(rights(&authorizer), "r-");
}

#[tokio::test]
async fn a_set_is_used_even_if_it_cannot_be_kept() {
    let clock = SimulatedClock::new();
    let directory = TemporaryDirectory::new();
    let path = directory.path().join("state/last-good");
    let source = Scripted::new([
        Reply::Set("r1", set("GetApp", "GetApp")),
        Reply::Set("r2", set("GetApp", "-")),
        Reply::Store("r3"),
    ]);
    let build = builder(source, &clock).last_good(&path).build_async();
    let (authorizer, _refresher) = build.await.unwrap();
    assert_eq!(rights(&authorizer), "rr");
    authorizer.refresh().await.unwrap();
    // A permission is revoked although the disk is full.
    assert_eq!(rights(&authorizer), "r-");
    assert_eq!(counts(&authorizer), [0, 2, 0, 0, 0, 2]);
    fs::create_dir(directory.path().join("state")).unwrap();
    authorizer.refresh().await.unwrap();
    // A store has no files.
    assert_eq!(counts(&authorizer), [0, 3, 0, 0, 0, 3]);
    assert!(!path.exists());
}

#[tokio::test]
async fn a_last_good_set_that_cannot_be_used_is_an_error() {
    let clock = SimulatedClock::new();
    let directory = TemporaryDirectory::new();
    let path = directory.path().join("last-good");
    let error = || async {
        let build = builder(Scripted::new([]), &clock).last_good(&path);
        let error = build.build_async().await.unwrap_err();
        directory.strip(&error.to_string())
    };
    let unusable = "store: connection refused; the last good set cannot be used: last-good:";
    assert_eq!(error().await, format!("{unusable} does not exist"));
    let source = Scripted::new([Reply::Set("r1", set("GetApp", "GetApp"))]);
    let build = builder(source, &clock).last_good(&path).build_async();
    assert!(build.await.is_ok());
    let whole = fs::read(&path).unwrap();
    fs::write(&path, &whole[..whole.len() - 1]).unwrap();
    assert_eq!(
        error().await,
        format!("{unusable} is damaged: its checksum does not match")
    );
}

#[tokio::test]
async fn a_directory_is_read_again_only_if_its_files_have_changed() {
    let clock = SimulatedClock::new();
    let directory = TemporaryDirectory::new();
    let write = |files: PolicyFiles| {
        for (name, text) in files.iter() {
            directory.write(name, text);
        }
    };
    write(set("GetApp", "GetApp"));
    let source = Directory::open(directory.path()).unwrap();
    let (authorizer, _refresher) = builder(source, &clock).build_async().await.unwrap();
    assert_eq!(rights(&authorizer), "rr");
    let (revision, _, _) = state(&authorizer);
    assert!(revision.starts_with("sha256:"), "{revision}");
    clock.advance(MINUTE);
    // Written again with the same content.
    write(set("GetApp", "GetApp"));
    let outcome = authorizer.refresh().await;
    assert_eq!(outcome, Ok(Refreshed::Unchanged));
    assert_eq!(
        state(&authorizer),
        (revision.clone(), 0, FreshnessState::Fresh)
    );
    write(set("DeleteApp", "GetApp"));
    let outcome = authorizer.refresh().await;
    assert_eq!(outcome, Ok(Refreshed::Changed));
    assert_eq!(rights(&authorizer), "dr");
    assert_ne!(state(&authorizer).0, revision);
    // A document that is not UTF-8 cannot be read as a file. Its user is denied, and the other is not.
    directory.write("bob.json", [0xff]);
    let error = authorizer.refresh().await.unwrap_err();
    assert!(error.to_string().contains("invalid UTF-8"), "{error}");
    assert_eq!(rights(&authorizer), "d?");
    fs::remove_dir_all(directory.path()).unwrap();
    let error = authorizer.refresh().await.unwrap_err();
    assert!(matches!(error, RefreshError::Unavailable(_)), "{error}");
    assert_eq!(rights(&authorizer), "d?");
    fs::create_dir(directory.path()).unwrap();
    write(set("DeleteApp", "GetApp"));
    authorizer.refresh().await.unwrap();
    assert_eq!(rights(&authorizer), "dr");
}

#[tokio::test]
async fn account_details_are_an_asynchronous_source() {
    let printed = |name: &str| {
        format!(
            r#"{{"UserDetailList": [{{"UserName": "{name}", "UserId": "AIDA", "Arn": "arn:aws:iam::111122223333:user/{name}",
                "UserPolicyList": [{{"PolicyName": "own", "PolicyDocument": {{"Version": "2012-10-17",
                    "Statement": {{"Effect": "Allow", "Action": "mobiletargeting:GetApp", "Resource": "*"}}}}}}],
                "GroupList": [], "AttachedManagedPolicies": []}}],
                "GroupDetailList": [], "RoleDetailList": [], "Policies": []}}"#
        )
    };
    let clock = SimulatedClock::new();
    let directory = TemporaryDirectory::new();
    directory.write("account.json", printed("ana"));
    let source = AccountDetails::open(directory.path().join("account.json")).unwrap();
    let last_good = directory.path().join("last-good");
    let build = || builder(source.clone(), &clock).last_good(&last_good);
    let (authorizer, _refresher) = build().build_async().await.unwrap();
    assert_eq!(rights(&authorizer), "r-");
    directory.write("account.json", printed("bob"));
    assert_eq!(authorizer.refresh().await, Ok(Refreshed::Changed));
    assert_eq!(authorizer.refresh().await, Ok(Refreshed::Unchanged));
    assert_eq!(rights(&authorizer), "-r");
    fs::remove_file(directory.path().join("account.json")).unwrap();
    let (authorizer, _refresher) = build().build_async().await.unwrap();
    assert_eq!(rights(&authorizer), "-r");
}

#[tokio::test]
async fn a_closure_is_a_source() {
    let clock = SimulatedClock::new();
    let source = from_fn("closure", |known: Option<Revision>| async move {
        let revision = Revision::new("7");
        Ok(match known == Some(revision.clone()) {
            true => Fetched::Unchanged,
            false => Fetched::Changed(PolicySet::from_files(revision, set("GetApp", "-"))),
        })
    });
    let (authorizer, _refresher) = builder(source, &clock).build_async().await.unwrap();
    assert_eq!(rights(&authorizer), "r-");
    assert_eq!(state(&authorizer).0, "7");
    assert_eq!(authorizer.refresh().await, Ok(Refreshed::Unchanged));
}

#[test]
fn two_files_of_one_name_are_rejected() {
    let mut files = PolicyFiles::new();
    files.insert("a.json", "1").unwrap();
    let error = files.insert("a.json", "2").unwrap_err();
    assert_eq!(
        error.to_string(),
        "a.json: the set has two files of this name"
    );
    assert_eq!(files.get("a.json"), Some("1"));
    // The checksum covers names, texts, and where one ends and the next begins.
    let of = |entries: &[(&str, &str)]| {
        let mut files = PolicyFiles::new();
        for (name, text) in entries {
            files.insert(*name, *text).unwrap();
        }
        files.checksum()
    };
    let sums = [
        of(&[]),
        of(&[("a", "")]),
        of(&[("", "a")]),
        of(&[("a", "b")]),
        of(&[("a", "bc")]),
        of(&[("ab", "c")]),
        of(&[("a", "b"), ("c", "")]),
        of(&[("a", ""), ("bc", "")]),
    ];
    for (index, sum) in sums.iter().enumerate() {
        assert!(!sums[..index].contains(sum), "{index}");
    }
}

/// Files in which ana and bob have a boundary each that allows these actions; none for `-`.
fn boundaries(ana: &str, bob: &str) -> PolicyFiles {
    let policies = set(ana, bob);
    let mut files = PolicyFiles::new();
    for (name, text) in policies.iter() {
        let text = match name {
            "attachments.json" => text
                .replace("\"policies\": [", "\"boundary\": ")
                .replace("]}", "}"),
            _ => text.to_owned(),
        };
        files.insert(name, text).unwrap();
    }
    files
}

/// The same files with another text in the attachments.
fn renamed(files: &PolicyFiles, from: &str, to: &str) -> PolicyFiles {
    let mut renamed = PolicyFiles::new();
    for (name, text) in files.iter() {
        renamed.insert(name, text.replace(from, to)).unwrap();
    }
    renamed
}

#[tokio::test]
async fn layers_limit_what_the_source_of_the_principals_grants() {
    for (limits, policies, expected) in [
        (boundaries("*", "*"), set("*", "GetApp"), "br"),
        (boundaries("GetApp", "DeleteApp"), set("*", "*"), "rd"),
        (
            boundaries("GetApp", "DeleteApp"),
            set("GetApp", "GetApp"),
            "r-",
        ),
        // Without a boundary, nothing is allowed.
        (boundaries("*", "-"), set("*", "*"), "b-"),
        (boundaries("-", "-"), set("*", "*"), "--"),
        // A boundary does not grant anything.
        (boundaries("*", "*"), set("-", "-"), "--"),
    ] {
        let layers = Layers::new(
            Scripted::new([Reply::Set("b1", limits)]),
            Scripted::new([Reply::Set("p1", policies)]),
        );
        let clock = SimulatedClock::new();
        let (authorizer, _refresher) = builder(layers, &clock).build_async().await.unwrap();
        assert_eq!(rights(&authorizer), expected);
        assert_eq!(state(&authorizer).0, "2:b1+p1");
    }
}

#[tokio::test]
async fn layers_limit_callers_that_no_source_contains() {
    let mut policies = PolicyFiles::new();
    let everything = r#"{"Version": "2012-10-17", "Statement": {"Effect": "Allow", "Action": "*", "Resource": "*"}}"#;
    policies.insert("all.json", everything).unwrap();
    let attachments = r#"{
        "groups": {"admins": {"policies": ["all.json"]}},
        "roles": {"arn:aws:iam::111122223333:role/admin": {"policies": ["all.json"]}}
    }"#;
    policies.insert("attachments.json", attachments).unwrap();
    let principals = || Scripted::new([Reply::Set("p1", policies.clone())]);
    let clock = SimulatedClock::new();
    let caller = user("token").with_groups(["admins"]);
    let root = Principal::from_arn("arn:aws:iam::111122223333:root").unwrap();
    let with_role = user("token").with_roles(["arn:aws:iam::111122223333:role/admin"]);
    let allowed = |authorizer: &Authorizer| {
        [&caller, &root, &with_role]
            .map(|caller| decide(authorizer, caller, "GetApp", "apps/a1").is_allowed())
    };
    let built = builder(principals(), &clock).build_async().await;
    let (unlimited, _refresher) = built.unwrap();
    assert_eq!(allowed(&unlimited), [true, true, true]);
    let organization = Scripted::new([Reply::Set("b1", boundaries("*", "*"))]);
    let layers = Layers::new(organization, principals());
    let (limited, _refresher) = builder(layers, &clock).build_async().await.unwrap();
    assert_eq!(allowed(&limited), [false, false, false]);
}

#[tokio::test]
async fn layers_contain_only_their_own_kind_of_policies() {
    let mut group = PolicyFiles::new();
    let attachments = r#"{"groups": {"admins": {"policies": []}}}"#;
    group.insert("attachments.json", attachments).unwrap();
    for (limits, policies, message) in [
        (
            set("*", "-"),
            set("*", "*"),
            "has more than a boundary in the source of the boundaries",
        ),
        (group, set("*", "*"), "the group `admins` has no boundary"),
        (
            renamed(&boundaries("*", "*"), "user/ana", "user/team/ana"),
            set("*", "*"),
            "the path of `arn:aws:iam::111122223333:user/ana` differs from that of \
             `arn:aws:iam::111122223333:user/team/ana`",
        ),
        (
            boundaries("*", "*"),
            boundaries("*", "*"),
            "has a boundary in the source of the principals",
        ),
    ] {
        let layers = Layers::new(
            Scripted::new([Reply::Set("b1", limits)]),
            Scripted::new([Reply::Set("p1", policies)]),
        );
        let build = builder(layers, &SimulatedClock::new()).build_async();
        let error = build.await.unwrap_err().to_string();
        assert!(error.contains(message), "{error}");
    }
    let layers = Layers::new(
        Scripted::new([Reply::Store("b1")]),
        Scripted::new([Reply::Set("p1", set("*", "*"))]),
    );
    let build = builder(layers, &SimulatedClock::new()).build_async();
    let error = build.await.unwrap_err().to_string();
    assert!(error.contains("without files"), "{error}");
    let layers = Layers::new(
        Scripted::new([Reply::Unchanged]),
        Scripted::new([Reply::Unchanged]),
    );
    let build = builder(layers, &SimulatedClock::new()).build_async();
    let error = build.await.unwrap_err().to_string();
    // The error of one of them, whose name is `store`.
    assert!(error.starts_with("store: reports"), "{error}");
}

#[tokio::test]
async fn layers_are_fetched_and_confirmed_together() {
    let clock = SimulatedClock::new();
    let limits = Scripted::new([Reply::Set("b1", boundaries("GetApp", "GetApp"))]);
    let principals = Scripted::new([Reply::Set("p1", set("*", "*"))]);
    let layers = Layers::new(limits.clone(), principals.clone());
    let directory = TemporaryDirectory::new();
    let last_good = directory.path().join("last-good");
    let build = builder(layers, &clock).last_good(&last_good).build_async();
    let (authorizer, _refresher) = build.await.unwrap();
    assert_eq!(rights(&authorizer), "rr");
    clock.advance(MINUTE);
    limits.then(Reply::Unchanged);
    principals.then(Reply::Unchanged);
    assert_eq!(authorizer.refresh().await, Ok(Refreshed::Unchanged));
    assert_eq!(state(&authorizer).1, 0);
    let asked = [None, Some("b1".to_owned())];
    assert_eq!(limits.asked(), asked);
    // One of them alone confirms nothing.
    clock.advance(MINUTE);
    limits.then(Reply::Unchanged);
    principals.then(Reply::Fails);
    authorizer.refresh().await.unwrap_err();
    limits.then(Reply::Fails);
    authorizer.refresh().await.unwrap_err();
    assert_eq!(state(&authorizer).1, 60);
    // One has changed; the other one is fetched again.
    limits.then(Reply::Set("b2", boundaries("GetApp", "DeleteApp")));
    principals.then(Reply::Unchanged);
    principals.then(Reply::Set("p1", set("*", "*")));
    assert_eq!(authorizer.refresh().await, Ok(Refreshed::Changed));
    assert_eq!(rights(&authorizer), "rd");
    // A document of either that does not parse concerns only its users.
    limits.then(Reply::Set("b3", boundaries("GetApp", "DeleteApp")));
    principals.then(Reply::Set("p2", set("*", "!")));
    authorizer.refresh().await.unwrap_err();
    assert_eq!(rights(&authorizer), "r?");
    limits.then(Reply::Unchanged);
    principals.then(Reply::Unchanged);
    authorizer.refresh().await.unwrap();
    limits.then(Reply::Set("b4", boundaries("!", "DeleteApp")));
    principals.then(Reply::Set("p1", set("*", "*")));
    authorizer.refresh().await.unwrap_err();
    assert_eq!(rights(&authorizer), "?d");
    limits.then(Reply::Unchanged);
    principals.then(Reply::Unchanged);
    authorizer.refresh().await.unwrap();
    assert_eq!(rights(&authorizer), "rd");
    // If both are invalid, no policies are known.
    limits.then(Reply::Set("b5", boundaries("!", "DeleteApp")));
    principals.then(Reply::Set("p3", set("!", "*")));
    authorizer.refresh().await.unwrap_err();
    assert_eq!(rights(&authorizer), "??");
    // The last good set contains both.
    let layers = Layers::new(Scripted::new([]), Scripted::new([]));
    let build = builder(layers, &clock).last_good(&last_good).build_async();
    let (authorizer, _refresher) = build.await.unwrap();
    assert_eq!(rights(&authorizer), "rd");
}

/// Waits for a file event, which has no simulated time. A poll would come after years.
async fn next_by_event(refresher: &mut Refresher) -> Result<Refreshed, RefreshError> {
    let patience = Duration::from_secs(60);
    let next = tokio::time::timeout(patience, refresher.next());
    next.await.unwrap().unwrap()
}

#[cfg(unix)]
#[tokio::test]
async fn file_events_cause_a_fetch_before_the_next_poll() {
    let directory = TemporaryDirectory::new();
    let write = |version: &str, files: &PolicyFiles| {
        let version = directory.path().join(version);
        fs::create_dir(&version).unwrap();
        for (name, text) in files.iter() {
            fs::write(version.join(name), text).unwrap();
        }
    };
    // As Kubernetes mounts a ConfigMap: files that are links into a directory that is switched.
    let policies = directory.path().join("policies");
    fs::create_dir(&policies).unwrap();
    let switch = |version: &str| {
        let next = policies.join("..data_tmp");
        std::os::unix::fs::symlink(directory.path().join(version), &next).unwrap();
        fs::rename(next, policies.join("..data")).unwrap();
    };
    write("v1", &set("GetApp", "GetApp"));
    write("v2", &set("DeleteApp", "*"));
    switch("v1");
    for name in ["attachments.json", "ana.json", "bob.json"] {
        let target = std::path::Path::new("..data").join(name);
        std::os::unix::fs::symlink(target, policies.join(name)).unwrap();
    }
    let built = Authorizer::builder()
        .scope(Scope::new("aws", "us-east-1", "111122223333"))
        .async_source(Directory::open(&policies).unwrap())
        .poll_interval(Duration::from_secs(1 << 40))
        .serve_stale_forever()
        .build_async();
    let (authorizer, refresher) = built.await.unwrap();
    let mut refresher = refresher.watching(&policies).unwrap();
    assert_eq!(rights(&authorizer), "rr");
    switch("v2");
    next_by_event(&mut refresher).await.unwrap();
    assert_eq!(rights(&authorizer), "db");
    // Events of one change may cause several fetches. The last one finds the content.
    fs::remove_file(policies.join("bob.json")).unwrap();
    while next_by_event(&mut refresher).await.is_ok() {}
    assert_eq!(rights(&authorizer), "d?");
}

#[tokio::test]
async fn what_does_not_exist_cannot_be_watched() {
    let clock = SimulatedClock::new();
    let (_source, _authorizer, refresher) = started(&clock).await;
    let directory = TemporaryDirectory::new();
    let missing = directory.path().join("missing");
    let error = refresher.watching(&missing).unwrap_err();
    let message = directory.strip(&error.to_string());
    assert!(
        message.starts_with("`missing` cannot be watched: "),
        "{message}"
    );
}
