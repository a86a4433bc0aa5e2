//! The policies of an authorizer across reloads of its source.

use std::fmt;
use std::ops::Deref;
#[cfg(feature = "on-demand")]
use std::sync::LazyLock;
#[cfg(feature = "page-tokens")]
use std::sync::OnceLock;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};
use std::time::Duration;

use arc_swap::{ArcSwap, Guard};
#[cfg(feature = "page-tokens")]
use serde::Serialize;

#[cfg(feature = "on-demand")]
use crate::eval::snapshot::SnapshotOwner;
use crate::eval::snapshot::{Snapshot, SnapshotGuard, Unavailable};
use crate::freshness::{AgeLimits, Clock, Freshness, FreshnessState, Revision};
#[cfg(feature = "page-tokens")]
use crate::source::digest::Digest;

/// The policies loaded by one load of the source.
///
/// All checks of one request use the same state. A request may keep a state for any time, because a state is small. If
/// too many states are in use, see [`MOST_REPLACED`], it releases its policies and then denies all requests.
///
/// The fields that a look-up reads are the first ones, next to the reference count, which a look-up changes: the state of one
/// of many principals is not in the processor's caches.
#[repr(C)]
pub(crate) struct PolicyState {
    /// The number of the [`PolicyStates`] that contains this state, which identifies one authorizer.
    states: u64,
    policies: Policies,
    revision: Revision,
    /// The digest of the policies, unless the source gives a revision to the whole set. Computed when it is needed.
    #[cfg(feature = "page-tokens")]
    digest: Option<OnceLock<Digest>>,
    /// Whether other policies have replaced these, and only requests that started before use them.
    is_replaced: AtomicBool,
    age: Mutex<Age>,
}

/// The policies of a state.
#[cfg_attr(
    feature = "on-demand",
    expect(
        clippy::large_enum_variant,
        reason = "most states are those of principals, and there are few others"
    )
)]
enum Policies {
    /// Those of a whole deployment, which can be [released](PolicyState::release).
    Deployment(ArcSwap<Snapshot>),
    /// Those of one principal.
    #[cfg(feature = "on-demand")]
    Principal(CacheEntry),
}

/// The policies of one principal, with what a look-up needs to know about them. Both are part of the state, because a
/// principal remembers its state: a look-up does not read the index of the cache, and a decision reads memory next to what
/// the look-up has read.
#[cfg(feature = "on-demand")]
#[repr(C)]
struct CacheEntry {
    /// The time from which on the policies are not used.
    expires: Duration,
    /// What the cache had evicted when it last learned that the policies are used, in bytes; [`NEVER`] before.
    reported: AtomicU64,
    /// Whether the cache contains the policies. A request may keep them after they have left the cache.
    is_cached: AtomicBool,
    snapshot: Snapshot,
    /// The state with the boundary of the principal, which is kept so that the principal's policies expire with it.
    _base: Arc<PolicyState>,
}

/// The value of [`CacheEntry::reported`] before the first use. No cache evicts as many bytes.
#[cfg(feature = "on-demand")]
const NEVER: u64 = u64::MAX;

/// What identifies policies, also among the instances of a service that have the same source.
#[cfg(feature = "page-tokens")]
#[derive(Serialize)]
pub(crate) enum StateIdentity<'a> {
    /// The revision that the source has given them.
    Revision(&'a str),
    /// The digest of the policies themselves.
    Digest(Digest),
}

/// When the source last confirmed that policies are current, and what has followed from it. Decisions do not lock it.
#[derive(Debug)]
struct Age {
    confirmed: Confirmed,
    /// The state that was last logged.
    reported: FreshnessState,
    /// The earliest time at which the clock will check the age again.
    next_check: Option<Duration>,
}

/// When a source confirmed that policies are current.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Confirmed {
    /// The time of a clock.
    at: Duration,
    /// The age that the policies already had at that time.
    age: Duration,
}

impl Confirmed {
    /// The policies were current at the time `at`.
    pub(crate) const fn at(at: Duration) -> Self {
        Self {
            at,
            age: Duration::ZERO,
        }
    }

    /// The policies had this age at the time `at`.
    #[cfg(feature = "refresh")]
    pub(crate) const fn with_age(at: Duration, age: Duration) -> Self {
        Self { at, age }
    }

    fn age(self, now: Duration) -> Duration {
        now.saturating_sub(self.at).saturating_add(self.age)
    }

    /// Returns the time at which the policies have this age.
    fn time_of(self, age: Duration) -> Duration {
        self.at.saturating_add(age.saturating_sub(self.age))
    }
}

impl PolicyState {
    fn of_deployment(
        states: u64,
        snapshot: Arc<Snapshot>,
        revision: Revision,
        confirmed: Confirmed,
    ) -> Self {
        let policies = Policies::Deployment(ArcSwap::new(snapshot));
        Self::new(states, policies, revision, confirmed)
    }

    fn new(states: u64, policies: Policies, revision: Revision, confirmed: Confirmed) -> Self {
        Self {
            states,
            policies,
            revision,
            #[cfg(feature = "page-tokens")]
            digest: None,
            is_replaced: AtomicBool::new(false),
            age: Mutex::new(Age {
                confirmed,
                reported: FreshnessState::Fresh,
                next_check: None,
            }),
        }
    }

    /// Creates the state of a principal whose policies were loaded on demand, and are used until the time `expires`. They
    /// depend on `base`, the state of the whole deployment.
    #[cfg(feature = "on-demand")]
    pub(crate) fn of_principal(
        base: &Arc<Self>,
        snapshot: Snapshot,
        revision: Revision,
        confirmed: Duration,
        expires: Duration,
    ) -> Self {
        let policies = Policies::Principal(CacheEntry {
            expires,
            reported: AtomicU64::new(NEVER),
            is_cached: AtomicBool::new(false),
            snapshot,
            _base: Arc::clone(base),
        });
        let state = Self::new(base.states, policies, revision, Confirmed::at(confirmed));
        #[cfg(feature = "page-tokens")]
        let state = Self {
            // The revision can be that of a transaction, which every load of the same records has anew.
            digest: Some(OnceLock::new()),
            ..state
        };
        state
    }

    /// Returns the entry in the cache of principals, for the policies of one principal.
    #[cfg(feature = "on-demand")]
    #[inline]
    const fn entry(&self) -> Option<&CacheEntry> {
        match &self.policies {
            Policies::Principal(entry) => Some(entry),
            Policies::Deployment(_) => None,
        }
    }

    /// Calls `read` with the policies.
    fn with_snapshot<T>(&self, read: impl FnOnce(&Snapshot) -> T) -> T {
        match &self.policies {
            Policies::Deployment(snapshot) => read(&snapshot.load()),
            #[cfg(feature = "on-demand")]
            Policies::Principal(entry) => read(&entry.snapshot),
        }
    }

    /// Whether the cache of principals does not use the policies any more at the time `now`.
    #[cfg(feature = "on-demand")]
    #[inline]
    pub(crate) fn is_outdated(&self, now: Duration) -> bool {
        self.entry().is_none_or(|entry| entry.expires <= now)
    }

    /// Sets whether the cache of principals contains the policies.
    #[cfg(feature = "on-demand")]
    pub(crate) fn set_cached(&self, is_cached: bool) {
        if let Some(entry) = self.entry() {
            entry.is_cached.store(is_cached, Ordering::Release);
        }
    }

    /// Whether the cache of principals contains the policies.
    #[cfg(feature = "on-demand")]
    #[inline]
    pub(crate) fn is_cached(&self) -> bool {
        self.entry()
            .is_some_and(|entry| entry.is_cached.load(Ordering::Acquire))
    }

    /// Notes that the cache of principals knows of a use of the policies, after it has evicted so many bytes. Returns whether
    /// it knew of an earlier use.
    #[cfg(feature = "on-demand")]
    pub(crate) fn report(&self, evicted: u64) -> bool {
        self.entry()
            .is_some_and(|entry| entry.reported.swap(evicted, Ordering::Relaxed) != NEVER)
    }

    /// Returns what the cache of principals had evicted when it last learned that the policies are used, in bytes.
    #[cfg(feature = "on-demand")]
    #[inline]
    pub(crate) fn reported(&self) -> u64 {
        self.entry()
            .map_or(0, |entry| entry.reported.load(Ordering::Relaxed))
    }

    /// Returns the revision of the policies.
    #[cfg(any(feature = "refresh", feature = "decision-log"))]
    pub(crate) const fn revision(&self) -> &Revision {
        &self.revision
    }

    /// Returns what identifies the policies.
    #[cfg(feature = "page-tokens")]
    pub(crate) fn identity(&self) -> StateIdentity<'_> {
        match &self.digest {
            None => StateIdentity::Revision(self.revision.as_str()),
            Some(digest) => {
                let digest = digest.get_or_init(|| self.with_snapshot(Snapshot::digest));
                StateIdentity::Digest(*digest)
            }
        }
    }

    fn age(&self) -> MutexGuard<'_, Age> {
        // Every change is a single assignment, so poisoning is harmless.
        self.age.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Compares the age with its limits, denies all requests if the policies have expired, and sets an alarm for the next
    /// limit. `confirmed` is a new confirmation.
    fn check_age(self: &Arc<Self>, timing: &Timing, confirmed: Option<Confirmed>) -> Freshness {
        let mut age = self.age();
        let now = timing.clock.now();
        if let Some(confirmed) = confirmed {
            age.confirmed = confirmed;
        }
        let old = age.confirmed.age(now);
        let state = timing.limits.state(old);
        self.with_snapshot(|snapshot| snapshot.set_expired(state == FreshnessState::Expired));
        if state != age.reported {
            age.reported = state;
            if !self.is_replaced.load(Ordering::Relaxed) {
                log_state(state, old, &self.revision);
            }
        }
        let limit = timing.limits.after(old);
        let next = limit.map(|limit| age.confirmed.time_of(limit));
        let next = next.filter(|next| age.next_check.is_none_or(|known| *next < known));
        if next.is_some() {
            age.next_check = next;
        }
        drop(age);
        if let Some(time) = next {
            self.check_age_at(time, timing);
        }
        Freshness {
            revision: self.revision.clone(),
            age: old,
            state,
        }
    }

    /// Lets the clock check the age at `time`. The clock keeps neither the policies nor itself.
    fn check_age_at(self: &Arc<Self>, time: Duration, timing: &Timing) {
        let (state, clock) = (Arc::downgrade(self), Arc::downgrade(&timing.clock));
        let limits = timing.limits;
        let check = move || {
            if let Some(state) = state.upgrade()
                && let Some(clock) = clock.upgrade()
            {
                let mut age = state.age();
                age.next_check = age.next_check.filter(|next| *next != time);
                drop(age);
                state.check_age(&Timing { clock, limits }, None);
            }
        };
        timing.clock.call_at(time, Box::new(check));
    }

    /// Returns the policies for one decision.
    #[inline]
    pub(crate) fn lease(self: &Arc<Self>) -> SnapshotGuard {
        match &self.policies {
            Policies::Deployment(snapshot) => SnapshotGuard::new(snapshot.load()),
            #[cfg(feature = "on-demand")]
            Policies::Principal(_) => SnapshotGuard::of_owner(Arc::<Self>::clone(self)),
        }
    }

    /// Releases the policies of a deployment. Decisions that have started can finish.
    fn release(&self) {
        match &self.policies {
            Policies::Deployment(snapshot) => {
                // Policies that depend on these are no longer marked when these expire.
                snapshot.load().set_expired(true);
                let unavailable = Snapshot::unavailable(Unavailable::Unreadable);
                snapshot.store(Arc::new(unavailable));
            }
            // INVARIANT: only policies of a deployment are replaced by others.
            #[cfg(feature = "on-demand")]
            Policies::Principal(_) => {}
        }
    }
}

#[cfg(feature = "on-demand")]
impl SnapshotOwner for PolicyState {
    fn snapshot(&self) -> &Snapshot {
        match &self.policies {
            Policies::Principal(entry) => &entry.snapshot,
            // INVARIANT: a lease of these contains the snapshot itself.
            Policies::Deployment(_) => &UNAVAILABLE,
        }
    }
}

/// Denies all requests.
#[cfg(feature = "on-demand")]
static UNAVAILABLE: LazyLock<Snapshot> =
    LazyLock::new(|| Snapshot::unavailable(Unavailable::Unreadable));

impl fmt::Debug for PolicyState {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("PolicyState")
    }
}

/// Logs that policies have become stale, have expired, or are fresh again.
#[cfg(any(feature = "_web", feature = "refresh", feature = "on-demand"))]
fn log_state(state: FreshnessState, age: Duration, revision: &Revision) {
    match state {
        FreshnessState::Fresh => {
            tracing::info!(%revision, "the source has confirmed the policies again");
        }
        FreshnessState::Stale => {
            tracing::warn!(%revision, ?age, "the policies are stale: their source has not confirmed them recently");
        }
        FreshnessState::Expired => {
            tracing::error!(%revision, ?age, "the policies have expired: all requests are denied until the source confirms them");
        }
    }
}

/// There is no log without a web framework and without the feature `refresh`.
#[cfg(not(any(feature = "_web", feature = "refresh", feature = "on-demand")))]
const fn log_state(_: FreshnessState, _: Duration, _: &Revision) {}

/// The clock and the limits for the age of policies.
#[derive(Clone)]
pub(crate) struct Timing {
    pub(crate) clock: Arc<dyn Clock>,
    pub(crate) limits: AgeLimits,
}

/// The number of replaced states that keep their policies for the requests that still use them.
///
/// The oldest states beyond this number are released, and requests that still use them get 503. Otherwise callers could
/// multiply the memory for policies by keeping requests open.
pub(crate) const MOST_REPLACED: usize = 8;

pub(crate) struct PolicyStates {
    /// A number that is unique among the authorizers of the process.
    number: u64,
    current: ArcSwap<PolicyState>,
    /// The replaced states, oldest first. Locked while policies are loaded, so that an older state of the source never
    /// replaces a newer one. Decisions do not lock it.
    replaced: Mutex<Vec<Weak<PolicyState>>>,
    timing: Timing,
    /// The number of states so far.
    loaded: AtomicU64,
}

impl PolicyStates {
    /// Starts without policies: all requests are denied until [`Replacing::replace`] is called.
    pub(crate) fn new(timing: Timing) -> Self {
        static NEXT: AtomicU64 = AtomicU64::new(0);
        let number = NEXT.fetch_add(1, Ordering::Relaxed);
        let confirmed = Confirmed::at(timing.clock.now());
        let none = Revision::new("0");
        let unavailable = Snapshot::unavailable(Unavailable::Unreadable);
        let state = PolicyState::of_deployment(number, Arc::new(unavailable), none, confirmed);
        Self {
            number,
            current: ArcSwap::from_pointee(state),
            replaced: Mutex::default(),
            timing,
            loaded: AtomicU64::new(0),
        }
    }

    /// Returns the clock on which the age of policies is measured.
    pub(crate) fn clock(&self) -> &Arc<dyn Clock> {
        &self.timing.clock
    }

    /// Returns the ages at which policies become stale and expire.
    #[cfg(feature = "refresh")]
    pub(crate) const fn limits(&self) -> AgeLimits {
        self.timing.limits
    }

    /// Returns the revision and the age of the current policies.
    pub(crate) fn freshness(&self) -> Freshness {
        self.current.load().check_age(&self.timing, None)
    }

    /// Returns the current policies.
    #[inline]
    pub(crate) fn current(&self) -> Guard<Arc<PolicyState>> {
        self.current.load()
    }

    /// Whether any policies have been loaded.
    #[cfg(feature = "refresh")]
    pub(crate) fn have_policies(&self) -> bool {
        self.loaded.load(Ordering::Relaxed) > 0
    }

    /// Returns the current policies for a whole request.
    #[cfg(any(feature = "_web", feature = "refresh", feature = "on-demand"))]
    pub(crate) fn current_shared(&self) -> Arc<PolicyState> {
        self.current.load_full()
    }

    /// Creates a state that denies all requests, because the policies of the principal are not loaded.
    #[cfg(feature = "on-demand")]
    pub(crate) fn not_loaded(&self) -> PolicyState {
        let unavailable = Snapshot::unavailable(Unavailable::NotLoaded);
        let none = Revision::new("not loaded");
        PolicyState::of_deployment(
            self.number,
            Arc::new(unavailable),
            none,
            Confirmed::at(Duration::ZERO),
        )
    }

    /// Whether this collection contains `state`.
    #[cfg(any(feature = "_web", feature = "on-demand"))]
    #[inline]
    pub(crate) const fn have(&self, state: &PolicyState) -> bool {
        self.number == state.states
    }

    /// Waits until no other thread is replacing the policies.
    pub(crate) fn replacing(&self) -> Replacing<'_> {
        Replacing {
            states: self,
            // If the source panicked, the old state is still in use, so poisoning is harmless.
            replaced: self.replaced.lock().unwrap_or_else(PoisonError::into_inner),
        }
    }
}

/// The permission to replace the policies.
pub(crate) struct Replacing<'a> {
    states: &'a PolicyStates,
    replaced: MutexGuard<'a, Vec<Weak<PolicyState>>>,
}

impl Replacing<'_> {
    /// Uses `snapshot` from now on, except for requests that have already started. Without a `revision`, the number of
    /// the state is its revision.
    pub(crate) fn replace(
        &mut self,
        snapshot: Arc<Snapshot>,
        revision: Option<Revision>,
        confirmed: Confirmed,
    ) {
        let PolicyStates { number, timing, .. } = self.states;
        let loaded = self.states.loaded.fetch_add(1, Ordering::Relaxed) + 1;
        #[cfg(feature = "page-tokens")]
        let digest = revision.is_none().then(OnceLock::new);
        let revision = revision.unwrap_or_else(|| Revision::new(&loaded.to_string()));
        let state = PolicyState::of_deployment(*number, snapshot, revision, confirmed);
        #[cfg(feature = "page-tokens")]
        let state = PolicyState { digest, ..state };
        let state = Arc::new(state);
        // Policies that are already too old deny requests from the first one on.
        state.check_age(timing, None);
        let old = self.states.current.swap(state);
        old.is_replaced.store(true, Ordering::Relaxed);
        self.replaced.push(Arc::downgrade(&old));
        drop(old);
        self.replaced.retain(|state| state.strong_count() > 0);
        let surplus = self.replaced.len().saturating_sub(MOST_REPLACED);
        for state in self.replaced.drain(..surplus) {
            if let Some(state) = state.upgrade() {
                state.release();
            }
        }
    }

    /// The source has confirmed that the current policies are current, also those that could not be read in between.
    #[cfg(feature = "refresh")]
    pub(crate) fn confirm(&self, confirmed: Confirmed) {
        let current = self.states.current.load();
        current.with_snapshot(Snapshot::readmit);
        current.check_age(&self.states.timing, Some(confirmed));
    }
}

/// The state that a guard uses.
#[derive(Debug)]
pub(crate) enum Pinned<'a> {
    /// Owned by the guard.
    Own(Guard<Arc<PolicyState>>),
    /// Borrowed from another guard or from the request.
    Borrowed(&'a Arc<PolicyState>),
}

impl Pinned<'_> {
    /// Borrows the state.
    pub(crate) fn borrowed(&self) -> Pinned<'_> {
        Pinned::Borrowed(self)
    }
}

impl Deref for Pinned<'_> {
    type Target = Arc<PolicyState>;

    #[inline]
    fn deref(&self) -> &Arc<PolicyState> {
        match self {
            Self::Own(state) => state,
            Self::Borrowed(state) => state,
        }
    }
}

impl Clone for Pinned<'_> {
    fn clone(&self) -> Self {
        match self {
            Self::Own(state) => Self::Own(Guard::from_inner(Arc::clone(state))),
            Self::Borrowed(state) => Self::Borrowed(state),
        }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Weak;

    use super::*;
    use crate::freshness::SystemClock;
    use crate::source::PolicyStore;

    fn states() -> PolicyStates {
        let states = PolicyStates::new(Timing {
            clock: Arc::new(SystemClock::without_alarms()),
            limits: AgeLimits::default(),
        });
        replace(&states);
        states
    }

    fn replace(states: &PolicyStates) {
        let snapshot = Snapshot::of(PolicyStore::new(), &[]).expect("no policies are few");
        let now = Confirmed::at(Duration::ZERO);
        states.replacing().replace(Arc::new(snapshot), None, now);
    }

    /// A state and its policies.
    fn in_use(states: &PolicyStates) -> (Arc<PolicyState>, Weak<Snapshot>) {
        let state = Guard::into_inner(states.current());
        let snapshot = match &state.policies {
            Policies::Deployment(snapshot) => snapshot,
            #[cfg(feature = "on-demand")]
            _ => panic!("the current policies are those of the deployment"),
        };
        let policies = Arc::downgrade(&snapshot.load_full());
        (state, policies)
    }

    /// The memory that a principal keeps after its policies have left the cache, as `PrincipalCache::max_bytes` states it.
    #[cfg(feature = "on-demand")]
    #[test]
    fn a_state_takes_less_than_a_kilobyte() {
        assert!(size_of::<PolicyState>() < 1000);
    }

    #[test]
    fn policies_of_no_more_than_a_few_replaced_states_are_kept() {
        let states = states();
        let in_use: Vec<_> = (0..2 * MOST_REPLACED)
            .map(|_| {
                let in_use = in_use(&states);
                replace(&states);
                in_use
            })
            .collect();
        let is_kept = |(_, policies): &(_, Weak<_>)| policies.strong_count() > 0;
        let (old, new) = in_use.split_at(MOST_REPLACED);
        assert!(!old.iter().any(is_kept));
        assert!(new.iter().all(is_kept));
    }

    #[test]
    fn policies_that_no_request_uses_are_freed_when_they_are_replaced() {
        let states = states();
        let (state, policies) = in_use(&states);
        replace(&states);
        assert_eq!(policies.strong_count(), 1);
        drop(state);
        assert_eq!(policies.strong_count(), 0);
        let (state, policies) = in_use(&states);
        drop(state);
        replace(&states);
        assert_eq!(policies.strong_count(), 0);
    }
}
