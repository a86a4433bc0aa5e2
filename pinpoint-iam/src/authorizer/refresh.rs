//! Authorizers whose policies come from an asynchronous source, which is polled.

use std::collections::hash_map::RandomState;
use std::fmt;
use std::future::poll_fn;
use std::hash::BuildHasher;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::PathBuf;
use std::pin::pin;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError, Weak};
use std::task::{Context, Poll, Waker};
use std::time::Duration;

use super::change::Occasion;
use super::{Authorizer, AuthorizerBuilder, BuildError, Inner, Loaded};
use crate::freshness::{Clock, Revision, Sleep};
use crate::source::last_good::LastGood;
use crate::source::thread::in_thread;
use crate::source::{
    AsyncPolicySource, FetchRequest, Fetched, PolicyFiles, PolicySet, SourceError,
};
use crate::states::Confirmed;

const POLL_INTERVAL: Duration = Duration::from_secs(30);
const FETCH_TIMEOUT: Duration = Duration::from_secs(10);

/// The time between a [`refresh_soon`](Authorizer::refresh_soon) and the fetch. An editor or a publication changes
/// several files in a short time.
const SETTLE: Duration = Duration::from_millis(100);

/// The time until the first repetition of a failed fetch. Each further one takes twice as long.
const FIRST_RETRY: Duration = Duration::from_secs(1);

/// The settings of a builder.
#[derive(Default)]
pub(super) struct RefreshSettings {
    source: Option<Arc<dyn AsyncPolicySource>>,
    poll_interval: Option<Duration>,
    fetch_timeout: Option<Duration>,
    last_good: Option<PathBuf>,
}

impl RefreshSettings {
    pub(super) const fn has_source(&self) -> bool {
        self.source.is_some()
    }

    fn poll_interval(&self) -> Duration {
        self.poll_interval.unwrap_or(POLL_INTERVAL)
    }

    fn fetch_timeout(&self) -> Duration {
        self.fetch_timeout.unwrap_or(FETCH_TIMEOUT)
    }

    pub(super) fn into_refresh(self) -> Option<Refresh> {
        Some(Refresh {
            poll_interval: self.poll_interval(),
            fetch_timeout: self.fetch_timeout(),
            source: self.source?,
            last_good: self.last_good.map(LastGood::new),
            attempts: AtomicU64::new(0),
            applied: AtomicU64::new(0),
            wake: Arc::default(),
            counters: Counters::default(),
        })
    }
}

/// The asynchronous source of an authorizer, and what has happened to it.
pub(super) struct Refresh {
    source: Arc<dyn AsyncPolicySource>,
    poll_interval: Duration,
    fetch_timeout: Duration,
    last_good: Option<LastGood>,
    /// The number of fetches that have started.
    attempts: AtomicU64,
    /// The number of the fetch whose result was used last. The result of an earlier one is not used after it, because it
    /// may be older. Changed only while policies are replaced.
    applied: AtomicU64,
    wake: Arc<Wake>,
    counters: Counters,
}

impl Drop for Refresh {
    /// Lets the refresher end without waiting for its next poll.
    fn drop(&mut self) {
        self.wake.wake();
    }
}

#[derive(Default)]
struct Counters {
    unchanged: AtomicU64,
    changed: AtomicU64,
    superseded: AtomicU64,
    unavailable: AtomicU64,
    rejected: AtomicU64,
    last_good_failures: AtomicU64,
}

impl Counters {
    /// Counts the outcome of a fetch.
    fn count(&self, outcome: &Result<Refreshed, RefreshError>) {
        count(match outcome {
            Ok(Refreshed::Unchanged) => &self.unchanged,
            Ok(Refreshed::Changed) => &self.changed,
            Ok(Refreshed::Superseded) => &self.superseded,
            Err(RefreshError::Unavailable(_)) => &self.unavailable,
            Err(RefreshError::Rejected(_)) => &self.rejected,
        });
    }
}

fn count(counter: &AtomicU64) {
    counter.fetch_add(1, Ordering::Relaxed);
}

/// How often the policies of an authorizer were fetched, by outcome, see
/// [`Authorizer::refresh_counts`]. Every fetch is counted as one of the first five.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct RefreshCounts {
    /// The source confirmed the current revision.
    pub unchanged: u64,
    /// The source returned a set, which has replaced the previous one.
    pub changed: u64,
    /// The result was not used, because a fetch that had started later was faster.
    pub superseded: u64,
    /// The source failed or did not respond in time.
    pub unavailable: u64,
    /// The source returned a set that was rejected.
    pub rejected: u64,
    /// The last good set could not be written to disk.
    pub last_good_failures: u64,
}

/// The result of a successful refresh.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Refreshed {
    /// The source has confirmed the current policies.
    Unchanged,
    /// New policies are in use.
    Changed,
    /// The result was not used, because a refresh that had started later was faster.
    Superseded,
}

/// The error of a refresh. The current policies stay in use, and their age keeps growing.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum RefreshError {
    /// The source failed or did not respond in time.
    Unavailable(SourceError),
    /// The source has returned a set that cannot be parsed, or that the checks of
    /// [`build`](AuthorizerBuilder::build) reject.
    Rejected(BuildError),
}

impl fmt::Display for RefreshError {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Unavailable(error) => error.fmt(formatter),
            Self::Rejected(error) => error.fmt(formatter),
        }
    }
}

impl std::error::Error for RefreshError {}

impl From<RefreshError> for BuildError {
    fn from(error: RefreshError) -> Self {
        match error {
            RefreshError::Unavailable(error) => Self::Source(error),
            RefreshError::Rejected(error) => error,
        }
    }
}

impl RefreshError {
    /// Returns the error of the source, which knows the users and roles that it concerns.
    const fn source_error(&self) -> Option<&SourceError> {
        match self {
            Self::Unavailable(error) | Self::Rejected(BuildError::Source(error)) => Some(error),
            Self::Rejected(_) => None,
        }
    }

    fn remove_readable(&mut self) {
        if let Self::Unavailable(error) | Self::Rejected(BuildError::Source(error)) = self {
            error.remove_readable();
        }
    }
}

impl AuthorizerBuilder {
    /// Sets an asynchronous source of the policies. Such an authorizer is built with [`build_async`](Self::build_async).
    ///
    /// Requires the feature `refresh`.
    #[must_use]
    pub fn async_source(mut self, source: impl AsyncPolicySource) -> Self {
        self.refresh.source = Some(Arc::new(source));
        self
    }

    /// Sets the longest time between two fetches of the [asynchronous source](Self::async_source). The default is
    /// 30 seconds.
    ///
    /// The [`Refresher`] waits up to a fifth less, so that instances that started together do not poll together. After
    /// a failure it waits one second, then two, four and so on, up to the interval.
    #[must_use]
    pub fn poll_interval(mut self, interval: Duration) -> Self {
        self.refresh.poll_interval = Some(interval);
        self
    }

    /// Sets the time after which a fetch of the [asynchronous source](Self::async_source) has failed. The default is 10
    /// seconds.
    #[must_use]
    pub fn fetch_timeout(mut self, timeout: Duration) -> Self {
        self.refresh.fetch_timeout = Some(timeout);
        self
    }

    /// Keeps the last set of the [asynchronous source](Self::async_source) that was used in the file at `path`, so that
    /// the service can start while the source is unavailable. Without this, it then fails to start.
    ///
    /// The file is replaced as a whole, and only its owner may access it. It contains exactly the files that were
    /// parsed and checked, with a SHA-256 checksum, and they are parsed and checked again when it is read. A file that is
    /// damaged, that other users may access, or that was written for another source or scope is not used. The checksum
    /// detects damage, not forgery: protect the directory.
    ///
    /// A service that starts with this set starts with *stale* policies: their age is that of
    /// [`stale_after`](Self::stale_after), because the time since the source confirmed them is not known. They expire
    /// after the rest of [`max_age`](Self::max_age), unless the source confirms them. A restart begins this time again.
    ///
    /// [Checks of changes](Self::check_changes) compare the first set of the source with this one, so that a restart does
    /// not bypass them. The same applies to sources whose sets [have an order](AsyncPolicySource::has_order). If the file
    /// exists and cannot be used, the service then does not start.
    ///
    /// A set without files, see [`PolicySet::from_store`], cannot be kept. This is logged and counted as a failure.
    #[must_use]
    pub fn last_good(mut self, path: impl Into<PathBuf>) -> Self {
        self.refresh.last_good = Some(path.into());
        self
    }

    /// Fetches the policies from the [asynchronous source](Self::async_source), and returns the authorizer with the
    /// [`Refresher`] that polls the source. Run the refresher on the application's runtime.
    ///
    /// ```
    /// use std::time::Duration;
    ///
    /// use pinpoint_iam::source::Directory;
    /// use pinpoint_iam::{Authorizer, BuildError, Scope};
    ///
    /// async fn start() -> Result<Authorizer, BuildError> {
    ///     let policies = Directory::open("policies").map_err(BuildError::Source)?;
    ///     let (authorizer, refresher) = Authorizer::builder()
    ///         .scope(Scope::new("aws", "us-east-1", "123456789012"))
    ///         .async_source(policies)
    ///         .max_age(Duration::from_secs(600))
    ///         .last_good("/var/lib/campaigns/last-good")
    ///         .build_async()
    ///         .await?;
    ///     tokio::spawn(refresher.run());
    ///     Ok(authorizer)
    /// }
    /// # mod tokio { pub fn spawn(task: impl Future<Output = ()> + Send + 'static) { drop(task) } }
    /// # drop(start());
    /// ```
    ///
    /// # Errors
    ///
    /// Returns the errors of [`build`](Self::build). Also fails if neither [`max_age`](Self::max_age) nor
    /// [`serve_stale_forever`](Self::serve_stale_forever) was called, and if `max_age` is not longer than a poll
    /// interval with its fetch. If the source has an error, the [last good set](Self::last_good) is used in its place, if
    /// there is one.
    pub async fn build_async(self) -> Result<(Authorizer, Refresher), BuildError> {
        if !self.refresh.has_source() {
            return Err(BuildError::NoSource);
        }
        if self.max_age.is_none() && !self.serves_stale_forever {
            return Err(BuildError::NoMaxAge);
        }
        let poll_interval = self.refresh.poll_interval();
        let needed = poll_interval.saturating_add(self.refresh.fetch_timeout());
        if let Some(max_age) = self.max_age
            && max_age <= needed
        {
            return Err(BuildError::MaxAgeTooShort { max_age, needed });
        }
        let inner = Arc::new(self.assemble(Some(poll_interval.saturating_mul(3)))?);
        let refresh = inner.refresh.as_ref().ok_or(BuildError::NoSource)?;
        let mut refresher = Refresher {
            inner: Arc::downgrade(&inner),
            clock: Arc::clone(inner.states.clock()),
            wake: Arc::clone(&refresh.wake),
            due: Duration::ZERO,
            failures: 0,
            #[cfg(feature = "watch")]
            watchers: Vec::new(),
        };
        compare_with_last_good(&inner, refresh).await?;
        let outcome = try_refresh(&inner, refresh, Occasion::Call).await;
        refresh.counters.count(&outcome);
        refresher.plan(refresh, outcome.is_err());
        match outcome {
            // Instances that start together do not poll together from the first poll on.
            Ok(_) => {
                refresher.due = inner
                    .states
                    .clock()
                    .now()
                    .saturating_add(random_part(poll_interval))
            }
            Err(error) => start_from_last_good(&inner, error).await?,
        }
        let authorizer = Authorizer { inner, hooks: None };
        Ok((authorizer, refresher))
    }
}

impl Authorizer {
    /// Fetches the policies from the [asynchronous source](AuthorizerBuilder::async_source) now. The [`Refresher`] does
    /// the same at every poll.
    ///
    /// Decisions that start after a new set was fetched use it. Whatever the outcome, decisions never wait.
    ///
    /// # Errors
    ///
    /// Fails if the source fails, if it does not respond within the
    /// [timeout](AuthorizerBuilder::fetch_timeout), or if its set is rejected. The current policies then stay in use,
    /// and their age keeps growing. As after a failed [`reload`](Self::reload), requests of users and roles whose
    /// policies cannot be read or have changed are denied. Also fails if the authorizer has no asynchronous source.
    pub async fn refresh(&self) -> Result<Refreshed, RefreshError> {
        if self.inner.refresh.is_none() {
            return Err(RefreshError::Rejected(BuildError::NoSource));
        }
        let outcome = refresh_once(&self.inner, Occasion::Call).await;
        outcome.map_err(|mut error| {
            error.remove_readable();
            error
        })
    }

    /// Lets the [`Refresher`] fetch the policies soon, without waiting for its next poll. For notifications that
    /// something has changed.
    ///
    /// Several calls within 100 milliseconds cause one fetch. Does nothing without an asynchronous source.
    pub fn refresh_soon(&self) {
        if let Some(refresh) = &self.inner.refresh {
            refresh.wake.wake();
        }
    }

    /// Returns how often the policies were fetched from the [asynchronous source](AuthorizerBuilder::async_source), by
    /// outcome. Without such a source, nothing is counted.
    pub fn refresh_counts(&self) -> RefreshCounts {
        self.inner.refresh_counts()
    }
}

impl Inner {
    pub(super) fn refresh_counts(&self) -> RefreshCounts {
        let Some(Refresh { counters, .. }) = &self.refresh else {
            return RefreshCounts::default();
        };
        let of = |counter: &AtomicU64| counter.load(Ordering::Relaxed);
        RefreshCounts {
            unchanged: of(&counters.unchanged),
            changed: of(&counters.changed),
            superseded: of(&counters.superseded),
            unavailable: of(&counters.unavailable),
            rejected: of(&counters.rejected),
            last_good_failures: of(&counters.last_good_failures),
        }
    }
}

/// Polls the [asynchronous source](AuthorizerBuilder::async_source) of an authorizer.
///
/// Created by [`AuthorizerBuilder::build_async`]. It needs no particular runtime: spawn [`run`](Self::run) on that of the
/// application, because the source may depend on it.
///
/// If it does not run, the policies become stale and expire, and all requests are denied. With
/// [`serve_stale_forever`](AuthorizerBuilder::serve_stale_forever) they would never change.
#[must_use = "the policies are not refreshed unless `run` is awaited or spawned"]
pub struct Refresher {
    inner: Weak<Inner>,
    clock: Arc<dyn Clock>,
    pub(super) wake: Arc<Wake>,
    /// The time of the next poll.
    due: Duration,
    /// The number of failures in succession.
    failures: u32,
    /// Report file events until they are dropped.
    #[cfg(feature = "watch")]
    pub(super) watchers: Vec<notify::RecommendedWatcher>,
}

impl fmt::Debug for Refresher {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("Refresher")
            .field("failures", &self.failures)
            .finish_non_exhaustive()
    }
}

impl Refresher {
    /// Polls the source until the last clone of the authorizer is dropped. Errors are logged and counted.
    pub async fn run(mut self) {
        while self.next().await.is_some() {}
    }

    /// Waits until the next poll is due or [`Authorizer::refresh_soon`] is called, and fetches the policies. Returns
    /// `None` when the last clone of the authorizer was dropped.
    pub async fn next(&mut self) -> Option<Result<Refreshed, RefreshError>> {
        self.wait().await;
        let inner = self.inner.upgrade()?;
        let refresh = inner.refresh.as_ref()?;
        let outcome = refresh_once(&inner, Occasion::Poll).await;
        self.plan(refresh, outcome.is_err());
        #[cfg(feature = "metrics")]
        inner.report_metrics();
        Some(outcome.map_err(|mut error| {
            error.remove_readable();
            error
        }))
    }

    async fn wait(&self) {
        let mut due = pin!(Sleep::until(&self.clock, self.due));
        let is_woken = poll_fn(|context| match due.as_mut().poll(context) {
            Poll::Ready(()) => Poll::Ready(false),
            Poll::Pending => self.wake.poll(context).map(|()| true),
        });
        if is_woken.await && self.inner.strong_count() > 0 {
            Sleep::until(&self.clock, self.clock.now().saturating_add(SETTLE)).await;
        }
        // What is reported from now on may not be in the set that is fetched now.
        self.wake.reset();
    }

    /// Sets the time of the next poll.
    fn plan(&mut self, refresh: &Refresh, has_failed: bool) {
        self.failures = match has_failed {
            true => self.failures.saturating_add(1),
            false => 0,
        };
        let wait = wait_after(self.failures, refresh.poll_interval);
        let wait = wait - random_part(wait / 5);
        self.due = self.clock.now().saturating_add(wait);
    }
}

/// Returns the longest time until the next fetch after this number of failures in succession.
fn wait_after(failures: u32, poll_interval: Duration) -> Duration {
    match failures.checked_sub(1) {
        None => poll_interval,
        Some(repeated) => {
            let factor = 2_u32.saturating_pow(repeated);
            FIRST_RETRY.saturating_mul(factor).min(poll_interval)
        }
    }
}

/// Returns a random part of `whole`.
fn random_part(whole: Duration) -> Duration {
    // The keys of the hasher are random.
    let part = RandomState::new().hash_one(()) >> 32;
    let nanos = whole.as_nanos().saturating_mul(u128::from(part)) >> 32;
    Duration::from_nanos(u64::try_from(nanos).unwrap_or(u64::MAX))
}

/// Wakes a refresher.
#[derive(Default)]
pub(super) struct Wake {
    is_set: AtomicBool,
    waker: Mutex<Option<Waker>>,
}

impl Wake {
    pub(super) fn wake(&self) {
        self.is_set.store(true, Ordering::Release);
        let waker = self
            .waker
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .take();
        if let Some(waker) = waker {
            waker.wake();
        }
    }

    fn reset(&self) {
        self.is_set.store(false, Ordering::Release);
    }

    fn poll(&self, context: &Context<'_>) -> Poll<()> {
        *self.waker.lock().unwrap_or_else(PoisonError::into_inner) = Some(context.waker().clone());
        // Read after the waker is stored: a call in between sets the flag or finds the waker.
        match self.is_set.load(Ordering::Acquire) {
            true => Poll::Ready(()),
            false => Poll::Pending,
        }
    }
}

/// One fetch.
#[derive(Clone, Copy)]
struct Attempt {
    number: u64,
    /// When the source was asked. What it returns was current then, but perhaps not any more when it arrives.
    started: Duration,
}

/// Fetches the policies once, and uses, counts and logs the result.
async fn refresh_once(inner: &Arc<Inner>, occasion: Occasion) -> Result<Refreshed, RefreshError> {
    let Some(refresh) = &inner.refresh else {
        return Err(RefreshError::Rejected(BuildError::NoSource));
    };
    let outcome = try_refresh(inner, refresh, occasion).await;
    refresh.counters.count(&outcome);
    let source = refresh.source.name();
    match &outcome {
        Ok(Refreshed::Unchanged | Refreshed::Superseded) => {}
        Ok(Refreshed::Changed) => {
            let revision = inner.states.freshness().revision;
            tracing::info!(source, %revision, "new policies are in use");
        }
        Err(RefreshError::Unavailable(error)) => {
            tracing::warn!(source, %error, "the policies could not be fetched");
        }
        Err(RefreshError::Rejected(error)) => {
            tracing::error!(source, %error, "the new policies were rejected");
        }
    }
    outcome
}

async fn try_refresh(
    inner: &Arc<Inner>,
    refresh: &Refresh,
    occasion: Occasion,
) -> Result<Refreshed, RefreshError> {
    let current = inner.states.current_shared();
    let known = inner.states.have_policies().then(|| current.revision());
    let attempt = Attempt {
        number: refresh.attempts.fetch_add(1, Ordering::Relaxed) + 1,
        started: inner.states.clock().now(),
    };
    match fetch(inner, refresh, known).await {
        Ok(Fetched::Unchanged) => inner.confirm(refresh, attempt, known),
        Ok(Fetched::Changed(set)) => {
            let name = refresh.source.name();
            let failed = |message: &str| {
                RefreshError::Unavailable(SourceError::of_file(name.as_ref(), message))
            };
            let used = Arc::clone(inner);
            let work = in_thread(move || used.use_set(attempt, &set, occasion));
            let work =
                work.map_err(|error| failed(&format!("no thread can be started: {error}")))?;
            let outcome = work.await;
            outcome.unwrap_or_else(|| Err(failed("parsing the policies panicked")))
        }
        Err(error) => {
            let replacing = inner.states.replacing();
            if attempt.number > refresh.applied.load(Ordering::Relaxed) {
                inner.refuse(&error);
            }
            drop(replacing);
            Err(RefreshError::Unavailable(error))
        }
    }
}

/// Asks the source, and waits no longer than the timeout. A source that panics has failed: otherwise the refresher would
/// end, and the source would never be asked again.
async fn fetch(
    inner: &Inner,
    refresh: &Refresh,
    known: Option<&Revision>,
) -> Result<Fetched, SourceError> {
    let clock = inner.states.clock();
    let end = clock.now().saturating_add(refresh.fetch_timeout);
    let failed = |message: &str| SourceError::of_file(refresh.source.name().as_ref(), message);
    let request = FetchRequest::new(known, &inner.scope);
    let mut fetched = pin!(async { refresh.source.fetch(request).await });
    let mut timeout = pin!(Sleep::until(clock, end));
    poll_fn(|context| {
        // It is not polled again after a panic.
        let poll = catch_unwind(AssertUnwindSafe(|| fetched.as_mut().poll(context)));
        match poll.unwrap_or_else(|_| Poll::Ready(Err(failed("fetching the policies panicked")))) {
            Poll::Ready(fetched) => Poll::Ready(fetched),
            Poll::Pending => timeout.as_mut().poll(context).map(|()| {
                let message = format!("did not respond within {:?}", refresh.fetch_timeout);
                Err(failed(&message))
            }),
        }
    })
    .await
}

impl Inner {
    /// The source has confirmed the revision `known`.
    fn confirm(
        &self,
        refresh: &Refresh,
        attempt: Attempt,
        known: Option<&Revision>,
    ) -> Result<Refreshed, RefreshError> {
        let Some(known) = known else {
            let message = "reports that nothing has changed, without having returned a set";
            let error = SourceError::of_file(refresh.source.name().as_ref(), message);
            return Err(RefreshError::Unavailable(error));
        };
        let replacing = self.states.replacing();
        let is_current = self.states.current().revision() == known;
        if attempt.number <= refresh.applied.load(Ordering::Relaxed) || !is_current {
            return Ok(Refreshed::Superseded);
        }
        refresh.applied.store(attempt.number, Ordering::Relaxed);
        replacing.confirm(Confirmed::at(attempt.started));
        Ok(Refreshed::Unchanged)
    }

    /// Parses, checks and compiles a set, and uses it from now on. Blocks.
    fn use_set(
        &self,
        attempt: Attempt,
        set: &PolicySet,
        occasion: Occasion,
    ) -> Result<Refreshed, RefreshError> {
        let Some(refresh) = &self.refresh else {
            return Err(RefreshError::Rejected(BuildError::NoSource));
        };
        let confirmed = Confirmed::at(attempt.started);
        let adopted = self.adopt_set(refresh, attempt, set, confirmed, occasion)?;
        if adopted == Refreshed::Changed {
            self.keep_last_good(refresh, attempt, set);
        }
        Ok(adopted)
    }

    fn adopt_set(
        &self,
        refresh: &Refresh,
        attempt: Attempt,
        set: &PolicySet,
        confirmed: Confirmed,
        occasion: Occasion,
    ) -> Result<Refreshed, RefreshError> {
        let source = &refresh.source;
        let store = set.store(|files| source.parse(files, &self.scope));
        #[cfg(feature = "_web")]
        if let Ok(store) = &store {
            store.log_lints();
        }
        let prepared = store.map_err(BuildError::Source).and_then(|store| {
            self.prepare(Loaded {
                store,
                is_from_aws_account: source.is_from_aws_account(),
                checksum: self.checksum(set),
                revision: Some(set.revision().clone()),
                confirmed,
            })
        });
        let (mut replacing, checked) = loop {
            // Checks may take long, and are not run while policies cannot be replaced or confirmed.
            let checked = prepared
                .as_ref()
                .ok()
                .map(|prepared| self.check_change(prepared, occasion));
            let replacing = self.states.replacing();
            if attempt.number <= refresh.applied.load(Ordering::Relaxed) {
                return Ok(Refreshed::Superseded);
            }
            match checked {
                // Other policies have replaced those with which these were compared.
                Some(Ok(compared)) if !self.changes.are_current(&compared) => {}
                checked => break (replacing, checked),
            }
        };
        refresh.applied.store(attempt.number, Ordering::Relaxed);
        let adopted = match checked {
            Some(Err(rejected)) => Err(rejected),
            _ => prepared.and_then(|prepared| {
                let accepted = set.files().map_or(Ok(()), |files| source.accept(files));
                accepted.map_err(BuildError::Source)?;
                self.commit(&mut replacing, prepared);
                Ok(())
            }),
        };
        match adopted {
            Ok(()) => Ok(Refreshed::Changed),
            Err(error) => {
                let error = RefreshError::Rejected(error);
                if let Some(error) = error.source_error() {
                    self.refuse(error);
                }
                Err(error)
            }
        }
    }

    /// Writes a set that is in use to disk. A failure does not delay its use: it may revoke permissions.
    fn keep_last_good(&self, refresh: &Refresh, attempt: Attempt, set: &PolicySet) {
        let Some(last_good) = &refresh.last_good else {
            return;
        };
        let written = match set.files() {
            None => Err("the set has no files".to_owned()),
            Some(files) => {
                let name = refresh.source.name();
                let written =
                    last_good.write(attempt.number, &name, &self.scope, set.revision(), files);
                written.map_err(|error| error.to_string())
            }
        };
        if let Err(error) = written {
            count(&refresh.counters.last_good_failures);
            let path = last_good.path().display();
            tracing::error!(%path, error, "the last good set of policies could not be written");
        }
    }

    /// Returns the checksum of a set, if a check of changes needs it.
    fn checksum(&self, set: &PolicySet) -> Option<Revision> {
        let files = set.files().filter(|_| !self.changes.is_empty());
        files.map(PolicyFiles::checksum)
    }

    /// Reads the set with which the checks of changes and the order of the source compare the first one. Blocks.
    fn read_for_comparison(&self) -> Result<(), SourceError> {
        let Some(refresh) = &self.refresh else {
            return Ok(());
        };
        let Some(last_good) = refresh.last_good.as_ref().filter(|kept| kept.may_exist()) else {
            tracing::warn!(
                source = refresh.source.name(),
                "the first policies are not compared with any others: there is no last good set"
            );
            return Ok(());
        };
        let source = &refresh.source;
        let set = last_good.read(&source.name(), &self.scope)?;
        if source.has_order()
            && let Some(files) = set.files()
        {
            source.resume(files)?;
        }
        if !self.changes.is_empty() {
            let store = set.store(|files| source.parse(files, &self.scope))?;
            self.changes.start_with(store, self.checksum(&set));
        }
        Ok(())
    }

    /// Uses the last good set, because the source has failed with `error`. Blocks.
    fn use_last_good(&self, error: RefreshError) -> Result<(), BuildError> {
        let Some((refresh, last_good)) = self
            .refresh
            .as_ref()
            .and_then(|refresh| Some((refresh, refresh.last_good.as_ref()?)))
        else {
            return Err(error.into());
        };
        let attempt = Attempt {
            number: refresh.attempts.fetch_add(1, Ordering::Relaxed) + 1,
            started: self.states.clock().now(),
        };
        // How long ago the source has confirmed the set is unknown.
        let age = self.states.limits().stale.unwrap_or_default();
        let confirmed = Confirmed::with_age(attempt.started, age);
        let used = last_good
            .read(&refresh.source.name(), &self.scope)
            .map_err(BuildError::Source)
            .and_then(|set| {
                let adopted = self.adopt_set(refresh, attempt, &set, confirmed, Occasion::Call);
                adopted.map_err(BuildError::from)
            });
        if let Err(last_good) = used {
            return Err(BuildError::LastGood {
                source: Box::new(error.into()),
                last_good: Box::new(last_good),
            });
        }
        if let Some(error) = error.source_error() {
            let _replacing = self.states.replacing();
            self.refuse(error);
        }
        let path = last_good.path().display();
        tracing::warn!(%path, %error, "started with the last good set of policies, because the source failed");
        Ok(())
    }
}

/// Lets the checks of changes and the order of the source compare the first policies with the last good set: a restart
/// must not bypass them.
async fn compare_with_last_good(inner: &Arc<Inner>, refresh: &Refresh) -> Result<(), BuildError> {
    if inner.changes.is_empty() && !refresh.source.has_order() {
        return Ok(());
    }
    let failed = |message: &str| SourceError::of_file(refresh.source.name().as_ref(), message);
    let reading = Arc::clone(inner);
    let read = match in_thread(move || reading.read_for_comparison()) {
        Ok(work) => {
            let read = work.await;
            read.unwrap_or_else(|| Err(failed("parsing the policies panicked")))
        }
        Err(error) => Err(failed(&format!("no thread can be started: {error}"))),
    };
    read.map_err(|mut error| {
        error.remove_readable();
        BuildError::NoComparison(error)
    })
}

async fn start_from_last_good(inner: &Arc<Inner>, error: RefreshError) -> Result<(), BuildError> {
    let failure = error.clone();
    let used = Arc::clone(inner);
    match in_thread(move || used.use_last_good(error)) {
        Ok(work) => work.await.unwrap_or_else(|| Err(failure.into())),
        Err(_) => Err(failure.into()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn repetitions_double_up_to_the_poll_interval() {
        let seconds = Duration::from_secs;
        for (failures, expected) in [(0, 30), (1, 1), (2, 2), (3, 4), (5, 16), (6, 30), (40, 30)] {
            let wait = wait_after(failures, seconds(30));
            assert_eq!(wait, seconds(expected), "{failures}");
        }
        // A short interval is not prolonged.
        let short = Duration::from_millis(50);
        assert_eq!(wait_after(1, short), short);
        assert_eq!(wait_after(u32::MAX, seconds(30)), seconds(30));
    }

    #[test]
    fn random_parts_differ_and_are_smaller_than_the_whole() {
        let whole = Duration::from_secs(10);
        let parts: Vec<Duration> = (0..100).map(|_| random_part(whole)).collect();
        assert!(parts.iter().all(|part| *part < whole));
        let small = parts.iter().filter(|part| **part < whole / 2).count();
        assert!((10..=90).contains(&small), "{parts:?}");
        assert_eq!(random_part(Duration::ZERO), Duration::ZERO);
    }
}
