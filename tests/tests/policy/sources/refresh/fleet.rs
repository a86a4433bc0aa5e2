//! Many instances of a service on one store, under load, with one instance that cannot reach the store for a time.

use std::sync::atomic::{AtomicBool, AtomicU32, AtomicU64, Ordering};
use std::sync::mpsc::{Receiver, channel};
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::Duration;

use pinpoint_iam::eval::DenyReason;
use pinpoint_iam::freshness::{Clock as _, Revision};
use pinpoint_iam::source::{Fetched, PolicyFiles, PolicySet, SourceError, from_fn};
use pinpoint_iam::testing::SimulatedClock;
use pinpoint_iam::{Authorizer, Decision, Refreshed, Refresher, Scope};
use tokio::sync::Notify;

use super::super::{decide, user};

const INSTANCES: usize = 50;
/// With these, the instances replace their policies more than 10,000 times.
const PUBLICATIONS: u32 = 205;
const POLL: Duration = Duration::from_secs(4);
/// Longer than a poll, so that every publication reaches every instance.
const BETWEEN_PUBLICATIONS: Duration = Duration::from_secs(5);
const MAX_AGE: Duration = Duration::from_secs(30);
const STEP: Duration = Duration::from_secs(1);
/// The instance that is cut off, from the first of these publications until the second.
const CUT_OFF: usize = 7;
const CUT_OFF_FROM: u32 = 60;
const CUT_OFF_UNTIL: u32 = 72;

/// The store: the current revision, and what the instances have asked for.
#[derive(Default)]
struct Store {
    revision: AtomicU32,
    is_cut: AtomicBool,
    asked: AtomicU64,
    answered: AtomicU64,
    /// An instance has used or rejected an answer.
    progress: Notify,
    seen: Mutex<Vec<Seen>>,
}

/// What the store has answered to an instance.
#[derive(Clone, Copy, Default)]
struct Seen {
    unchanged: u64,
    changed: u64,
    failed: u64,
    confirmed: Duration,
}

/// Ana may always get one application, and another one that depends on the revision.
fn set(revision: u32) -> PolicySet {
    let mut files = PolicyFiles::new();
    let document = format!(
        r#"{{"Version": "2012-10-17", "Statement": {{"Effect": "Allow", "Action": "mobiletargeting:GetApp", "Resource": [
            "arn:aws:mobiletargeting:us-east-1:111122223333:apps/always",
            "arn:aws:mobiletargeting:us-east-1:111122223333:apps/r{revision}"]}}}}"#
    );
    let attachments =
        r#"{"users": {"arn:aws:iam::111122223333:user/ana": {"policies": ["own.json"]}}}"#;
    files.insert("own.json", document).unwrap();
    files.insert("attachments.json", attachments).unwrap();
    PolicySet::from_files(Revision::new(&revision.to_string()), files)
}

impl Store {
    fn answer(
        &self,
        instance: usize,
        known: Option<&Revision>,
        now: Duration,
    ) -> Result<Fetched, SourceError> {
        self.asked.fetch_add(1, Ordering::SeqCst);
        let mut seen = self.seen.lock().unwrap();
        let seen = &mut seen[instance];
        if instance == CUT_OFF && self.is_cut.load(Ordering::SeqCst) {
            seen.failed += 1;
            return Err(SourceError::of_file("store".as_ref(), "no route to host"));
        }
        seen.confirmed = now;
        let current = self.revision.load(Ordering::SeqCst);
        if known.is_some_and(|known| known.as_str() == current.to_string()) {
            seen.unchanged += 1;
            return Ok(Fetched::Unchanged);
        }
        seen.changed += 1;
        Ok(Fetched::Changed(set(current)))
    }

    fn has_answered(&self) {
        self.answered.fetch_add(1, Ordering::SeqCst);
        self.progress.notify_one();
    }

    /// Waits until every instance has used what it has asked for.
    async fn settle(&self) {
        loop {
            // The instances whose poll is due ask now.
            tokio::task::yield_now().await;
            if self.asked.load(Ordering::SeqCst) == self.answered.load(Ordering::SeqCst) {
                return;
            }
            self.progress.notified().await;
        }
    }
}

/// The number of steps in a time.
fn steps(time: Duration) -> u32 {
    u32::try_from(time.as_millis() / STEP.as_millis()).unwrap()
}

async fn start(
    store: &Arc<Store>,
    clock: &SimulatedClock,
    instance: usize,
) -> (Authorizer, Refresher) {
    let (asked, time) = (Arc::clone(store), clock.clone());
    let source = from_fn("store", move |known| {
        let answer = asked.answer(instance, known.as_ref(), time.now());
        async move { answer }
    });
    let built = Authorizer::builder()
        .scope(Scope::new("aws", "us-east-1", "111122223333"))
        .async_source(source)
        .poll_interval(POLL)
        .fetch_timeout(Duration::from_secs(1))
        .max_age(MAX_AGE)
        .clock(clock.clone())
        .build_async()
        .await;
    store.has_answered();
    built.unwrap()
}

/// Decides a request on each instance that can always reach the store, for each message. Returns the number of requests,
/// and how many were denied.
fn load(instances: &[Authorizer], rounds: &Receiver<()>) -> (u64, u64) {
    let ana = user("ana");
    let (mut decided, mut denied) = (0, 0);
    for () in rounds {
        for (instance, authorizer) in instances.iter().enumerate() {
            if instance != CUT_OFF {
                decided += 1;
                let is_allowed = decide(authorizer, &ana, "GetApp", "apps/always").is_allowed();
                denied += u64::from(!is_allowed);
            }
        }
    }
    (decided, denied)
}

#[tokio::test]
async fn a_fleet_follows_its_store_within_a_poll() {
    let clock = SimulatedClock::new();
    let store = Arc::new(Store {
        seen: Mutex::new(vec![Seen::default(); INSTANCES]),
        ..Store::default()
    });
    // The instance, the revision, and when it was first in use.
    let used: Arc<Mutex<Vec<(usize, u32, Duration)>>> = Arc::default();
    let mut instances = Vec::new();
    for instance in 0..INSTANCES {
        let (authorizer, mut refresher) = start(&store, &clock, instance).await;
        let (store, used) = (Arc::clone(&store), Arc::clone(&used));
        let (clock, running) = (clock.clone(), authorizer.clone());
        instances.push(authorizer);
        tokio::spawn(async move {
            while let Some(outcome) = refresher.next().await {
                if let Ok(Refreshed::Changed) = outcome {
                    let revision = running.freshness().revision;
                    let revision = revision.as_str().parse().unwrap();
                    used.lock().unwrap().push((instance, revision, clock.now()));
                }
                store.has_answered();
            }
        });
    }
    let (round, rounds) = channel();
    let loaded = instances.clone();
    let loading = thread::spawn(move || load(&loaded, &rounds));

    let ana = user("ana");
    let mut published = vec![Duration::ZERO];
    let mut expired = 0;
    for revision in 1..=PUBLICATIONS {
        store.revision.store(revision, Ordering::SeqCst);
        let is_cut = (CUT_OFF_FROM..CUT_OFF_UNTIL).contains(&revision);
        store.is_cut.store(is_cut, Ordering::SeqCst);
        published.push(clock.now());
        let end = clock.now() + BETWEEN_PUBLICATIONS;
        while clock.now() < end {
            // These requests are decided while policies are replaced.
            round.send(()).unwrap();
            clock.advance(STEP);
            store.settle().await;
            let seen = store.seen.lock().unwrap().clone();
            for (instance, authorizer) in instances.iter().enumerate() {
                let freshness = authorizer.freshness();
                // Only this revision allows it.
                let resource = format!("apps/r{}", freshness.revision);
                let age = clock.now() - seen[instance].confirmed;
                match decide(authorizer, &ana, "GetApp", &resource) {
                    Decision::Allow(_) => assert!(age < MAX_AGE, "{instance}: {age:?}"),
                    Decision::Deny(by) => {
                        assert_eq!(*by.reason(), DenyReason::PoliciesExpired);
                        assert_eq!(instance, CUT_OFF);
                        assert!(age >= MAX_AGE, "{age:?}");
                        expired += 1;
                    }
                }
            }
        }
    }
    drop(round);
    let (decided, denied) = loading.join().unwrap();
    let sent = steps(BETWEEN_PUBLICATIONS) * PUBLICATIONS;
    assert_eq!(decided, u64::from(sent) * (INSTANCES as u64 - 1));
    assert_eq!(denied, 0);

    // The instance that was cut off denied requests from `max_age` on, until it could reach the store again.
    let cut = BETWEEN_PUBLICATIONS * (CUT_OFF_UNTIL - CUT_OFF_FROM);
    let longest = steps(cut + POLL) - steps(MAX_AGE - POLL);
    assert!(expired >= steps(cut) - steps(MAX_AGE), "{expired}");
    assert!(expired <= longest, "{expired} {longest}");

    // How long each publication took to reach each instance that could reach the store.
    let used = used.lock().unwrap();
    let mut waits: Vec<Duration> = used
        .iter()
        .filter(|(instance, ..)| *instance != CUT_OFF)
        .map(|(_, revision, at)| *at - published[*revision as usize])
        .collect();
    waits.sort();
    assert_eq!(waits.len(), (INSTANCES - 1) * PUBLICATIONS as usize);
    let percentile = waits[waits.len() * 99 / 100];
    assert!(
        percentile <= POLL + Duration::from_secs(1),
        "{percentile:?}"
    );
    assert!(used.len() >= 10_000, "{}", used.len());
    let of_cut_off = used.iter().filter(|(instance, ..)| *instance == CUT_OFF);
    let missed = (CUT_OFF_UNTIL - CUT_OFF_FROM) as usize;
    assert_eq!(of_cut_off.count(), PUBLICATIONS as usize - missed);

    // The counts of each instance are what the store has answered.
    let seen = store.seen.lock().unwrap();
    for (instance, (authorizer, seen)) in instances.iter().zip(&*seen).enumerate() {
        let counts = authorizer.refresh_counts();
        let counted = (counts.unchanged, counts.changed, counts.unavailable);
        let expected = (seen.unchanged, seen.changed, seen.failed);
        assert_eq!(counted, expected, "{instance}");
        assert_eq!((counts.rejected, counts.superseded), (0, 0), "{instance}");
        assert_eq!(seen.failed > 0, instance == CUT_OFF, "{instance}");
        let revision = authorizer.freshness().revision;
        assert_eq!(revision.as_str(), PUBLICATIONS.to_string(), "{instance}");
    }
}
