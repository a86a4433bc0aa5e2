//! The log: a bounded queue, and the thread that writes it.

use std::cell::{Cell, RefCell};
use std::fmt;
use std::io;
use std::mem;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::atomic::{AtomicBool, AtomicU64, AtomicUsize, Ordering};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread::{self, Thread, ThreadId};
use std::time::{Duration, Instant, SystemTime};

use crate::context::ConditionKey;
use crate::decision_log::clock::{Clock, ClockReading};
use crate::decision_log::entry::{AppendTexts, Entry, NewTexts};
use crate::decision_log::queue::{Batch, Queue};
use crate::decision_log::recorder::{Recorder, Times};
use crate::decision_log::sink::DecisionSink;

/// A log with a record of every decision of an [`Authorizer`](crate::Authorizer). Cheap to clone; several authorizers may
/// use one log.
///
/// A request hands its decision to a bounded queue, and a thread writes the queue to a [sink](DecisionSink). The queue is
/// written about ten times a second, and at once when it is half full. When the last clone is dropped, also in
/// authorizers, the rest is written, for at most five seconds.
///
/// ```
/// use std::sync::mpsc;
/// use std::time::Duration;
///
/// use pinpoint_iam::context::Context;
/// use pinpoint_iam::decision_log::{DecisionLog, Record};
/// use pinpoint_iam::mobiletargeting::{App, GetApp};
/// use pinpoint_iam::source::PolicyStore;
/// use pinpoint_iam::{Authorizer, Principal, Scope};
///
/// let (sender, receiver) = mpsc::channel();
/// let log = DecisionLog::builder()
///     .mask(["aws:SourceIp"])
///     .start(move |record: &Record<'_>| {
///         let _ = sender.send(record.action.to_string());
///     })?;
/// let authorizer = Authorizer::builder()
///     .scope(Scope::new("aws", "us-east-1", "123456789012"))
///     .source(PolicyStore::new())
///     .decision_log(log.clone())
///     .build()?;
///
/// let ana = Principal::from_arn("arn:aws:iam::123456789012:user/ana")?;
/// let context = Context::new();
/// assert!(authorizer.guard(&ana, &context).check(GetApp, &App::new("a1")?).is_err());
/// assert!(log.flush(Duration::from_secs(60)));
/// assert_eq!(receiver.recv()?, "mobiletargeting:GetApp");
/// assert_eq!(log.counts().written, 1);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone)]
pub struct DecisionLog(Arc<Handle>);

/// What happens to a record when the queue is full.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum WhenFull {
    /// It is dropped and [counted](DecisionLogCounts::lost). Requests never wait for the log.
    Drop,
    /// The request waits for the queue, at most for this time; then the record is dropped and counted.
    ///
    /// Waiting blocks the thread, also in an asynchronous handler: a sink that blocks slows down all requests. The
    /// request is decided before, and the decision does not change.
    Wait(Duration),
}

/// The settings of a [`DecisionLog`].
#[derive(Clone, Debug)]
pub struct DecisionLogBuilder {
    capacity: usize,
    when_full: WhenFull,
    sampled: Option<u32>,
    masked: Vec<ConditionKey>,
    request_id: Option<ConditionKey>,
}

/// The numbers of records of a log since its start.
///
/// Every decision is in exactly one of them, or still in the queue.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct DecisionLogCounts {
    /// Records that the sink has written.
    pub written: u64,
    /// Records of batches that the sink has not written completely because of an error.
    pub failed: u64,
    /// Records that were dropped because the queue was full.
    pub lost: u64,
    /// Allowed decisions that [`sample_allows`](DecisionLogBuilder::sample_allows) has left out.
    pub sampled_out: u64,
}

impl DecisionLogBuilder {
    /// Sets the maximum number of records that are not written yet, at least one. The default is 16,384, which is about 8 MiB.
    #[must_use]
    pub const fn capacity(mut self, records: usize) -> Self {
        self.capacity = records;
        self
    }

    /// Sets what happens when the queue is full. The default is [`WhenFull::Drop`].
    #[must_use]
    pub const fn when_full(mut self, when_full: WhenFull) -> Self {
        self.when_full = when_full;
        self
    }

    /// Logs only one of `n` *allowed* decisions. Denials, undecided checks and lists are always logged.
    #[must_use]
    pub const fn sample_allows(mut self, n: u32) -> Self {
        self.sampled = if n > 1 { Some(n) } else { None };
        self
    }

    /// Leaves out the values of these condition keys; the record states that they are masked. A name that ends in `/`
    /// masks all keys with this prefix.
    ///
    /// The ARNs of the caller and of the resource are not masked, even if they contain the value of a masked key, such
    /// as `aws:username`.
    #[must_use]
    pub fn mask<'k>(mut self, keys: impl IntoIterator<Item = &'k str>) -> Self {
        self.masked.extend(keys.into_iter().map(ConditionKey::new));
        self
    }

    /// Sets the condition key with the id of the request, which
    /// [`request_keys`](crate::AuthorizerBuilder::request_keys) or the context of a guard supplies. The id is cut after
    /// 128 characters.
    #[must_use]
    pub fn request_id_key(mut self, key: &str) -> Self {
        self.request_id = Some(ConditionKey::new(key));
        self
    }

    /// Starts the thread that writes to `sink`.
    ///
    /// The first log of a process measures the rate of the processor's counter, which takes up to 0.2 seconds.
    ///
    /// # Errors
    ///
    /// Fails if the operating system cannot start a thread.
    pub fn start(self, sink: impl DecisionSink) -> io::Result<DecisionLog> {
        let shared = Arc::new(Shared {
            clock: Clock::start(),
            shards: (0..SHARDS).map(|_| Shard::default()).collect(),
            capacity: self.capacity.max(1),
            when_full: self.when_full,
            sampled: self.sampled,
            request_id: self.request_id,
            queued: AtomicUsize::new(0),
            allows: AtomicU64::new(0),
            written: AtomicU64::new(0),
            failed: AtomicU64::new(0),
            lost: AtomicU64::new(0),
            sampled_out: AtomicU64::new(0),
            stops: AtomicBool::new(false),
            progress: Mutex::default(),
            changed: Condvar::new(),
        });
        let recorder = Recorder {
            masked: self.masked,
            sampled: self.sampled,
        };
        let mut writer = Writer {
            shared: Arc::clone(&shared),
            recorder,
            sink,
            spare: (0..SHARDS).map(|_| Queue::new()).collect(),
            fails: false,
            reported_lost: 0,
        };
        let thread = thread::Builder::new()
            .name("pinpoint-iam-log".to_owned())
            .spawn(move || writer.run())?;
        Ok(DecisionLog(Arc::new(Handle {
            shared,
            writer: thread.thread().clone(),
        })))
    }
}

impl DecisionLog {
    /// Returns the settings of a new log.
    pub const fn builder() -> DecisionLogBuilder {
        DecisionLogBuilder {
            capacity: 16 * 1024,
            when_full: WhenFull::Drop,
            sampled: None,
            masked: Vec::new(),
            request_id: None,
        }
    }

    /// Returns the numbers of records.
    pub fn counts(&self) -> DecisionLogCounts {
        let shared = &self.0.shared;
        DecisionLogCounts {
            written: shared.written.load(Ordering::Relaxed),
            failed: shared.failed.load(Ordering::Relaxed),
            lost: shared.lost.load(Ordering::Relaxed),
            sampled_out: shared.sampled_out.load(Ordering::Relaxed),
        }
    }

    /// Waits until all decisions that were made before are written or have failed; `false` if this takes longer than
    /// `timeout`.
    pub fn flush(&self, timeout: Duration) -> bool {
        self.0.flush(timeout)
    }

    /// Reads the clock with which decisions are timed.
    #[inline]
    pub(crate) fn read_clock(&self) -> ClockReading {
        self.0.shared.clock.read()
    }

    /// Hands over a decision.
    #[inline]
    pub(crate) fn push(&self, entry: &Entry<'_, NewTexts<'_>>) {
        let shared = &self.0.shared;
        match STAGE.get() {
            // A check of this log may be repeated.
            Some(log) if log == shared.id() => STAGED.with_borrow_mut(|staged| staged.push(entry)),
            _ => shared.push(entry, &self.0.writer),
        }
    }

    /// Keeps the decisions of a check that may be repeated back, on this thread.
    pub(crate) fn stage(&self) -> Stage<'_> {
        Stage {
            log: self,
            start: STAGED.with_borrow(Queue::len),
            outer: STAGE.replace(Some(self.0.shared.id())),
        }
    }

    /// Returns the condition key with the id of the request.
    pub(crate) fn request_id_key(&self) -> Option<&ConditionKey> {
        self.0.shared.request_id.as_ref()
    }
}

/// Returns the part of a request's id that a record contains.
pub(crate) fn cut_id(id: &str) -> &str {
    const LONGEST: usize = 128;
    let cut = id.char_indices().nth(LONGEST);
    cut.and_then(|(end, _)| id.get(..end)).unwrap_or(id)
}

thread_local! {
    static STAGED: RefCell<Queue> = const { RefCell::new(Queue::new()) };
    /// The log whose decisions this thread keeps back.
    static STAGE: Cell<Option<usize>> = const { Cell::new(None) };
    static SHARD: Cell<Option<usize>> = const { Cell::new(None) };
}

/// Keeps the decisions of this thread back. Dropping it discards them.
pub(crate) struct Stage<'a> {
    log: &'a DecisionLog,
    start: usize,
    outer: Option<usize>,
}

impl Stage<'_> {
    /// Hands the decisions over.
    pub(crate) fn keep(mut self) {
        let Handle { shared, writer } = &*self.log.0;
        if self.outer == Some(shared.id()) {
            // They belong to the outer check, which may be repeated as well.
            self.start = usize::MAX;
            return;
        }
        // Moved, because handing over may wait.
        let staged = STAGED.take();
        for batch in staged.batches(self.start, BATCH) {
            for entry in batch.entries() {
                match entry {
                    Some(entry) => shared.push(&entry, writer),
                    None => shared.count_lost(),
                }
            }
        }
        STAGED.set(staged);
    }
}

impl Drop for Stage<'_> {
    fn drop(&mut self) {
        STAGED.with_borrow_mut(|staged| staged.truncate(self.start));
        STAGE.set(self.outer);
    }
}

/// The number of shards of the queue, so that threads rarely wait for each other.
const SHARDS: usize = 16;

/// The time between two batches of a queue that is not half full.
const INTERVAL: Duration = Duration::from_millis(100);

/// The maximum time for which the end of a log waits for its sink.
const LONGEST_END: Duration = Duration::from_secs(5);

/// The maximum number of records of a batch.
const BATCH: usize = 256;

/// A part of the queue, on a cache line of its own.
#[derive(Default)]
#[repr(align(128))]
struct Shard(Mutex<Queue>);

impl Shard {
    fn lock(&self) -> MutexGuard<'_, Queue> {
        // A decision is added last, so poisoning is harmless.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

struct Shared {
    clock: Clock,
    shards: Box<[Shard]>,
    capacity: usize,
    when_full: WhenFull,
    sampled: Option<u32>,
    request_id: Option<ConditionKey>,
    /// The records that are neither written nor failed, also those that the sink is writing. It is at most `capacity`.
    queued: AtomicUsize,
    allows: AtomicU64,
    written: AtomicU64,
    failed: AtomicU64,
    lost: AtomicU64,
    sampled_out: AtomicU64,
    stops: AtomicBool,
    progress: Mutex<Progress>,
    /// The progress has changed, or the queue has room.
    changed: Condvar,
}

/// The flushes that were requested and made.
#[derive(Default)]
struct Progress {
    requested: u64,
    made: u64,
    is_over: bool,
}

impl Shared {
    /// A number that identifies the log while it exists.
    fn id(&self) -> usize {
        std::ptr::from_ref(self).addr()
    }

    fn progress(&self) -> MutexGuard<'_, Progress> {
        // Every change is a single assignment, so poisoning is harmless.
        self.progress.lock().unwrap_or_else(PoisonError::into_inner)
    }

    #[inline]
    fn push<T: AppendTexts>(&self, entry: &Entry<'_, T>, writer: &Thread) {
        if let Some(n) = self.sampled
            && entry.result.is_allow()
            && !self
                .allows
                .fetch_add(1, Ordering::Relaxed)
                .is_multiple_of(u64::from(n))
        {
            self.sampled_out.fetch_add(1, Ordering::Relaxed);
            return;
        }
        let Some(queued) = self.reserve().or_else(|| self.wait_for_room(writer)) else {
            self.count_lost();
            return;
        };
        static NEXT: AtomicUsize = AtomicUsize::new(0);
        let shard = SHARD.get().unwrap_or_else(|| {
            let shard = NEXT.fetch_add(1, Ordering::Relaxed) % SHARDS;
            SHARD.set(Some(shard));
            shard
        });
        if let Some(shard) = self.shards.get(shard) {
            shard.lock().push(entry);
        }
        if queued == self.capacity / 2 {
            writer.unpark();
        }
    }

    fn count_lost(&self) {
        self.lost.fetch_add(1, Ordering::Relaxed);
    }

    /// Takes a place in the queue, and returns how many are taken; `None` if it is full.
    fn reserve(&self) -> Option<usize> {
        let before = self.queued.fetch_add(1, Ordering::AcqRel);
        if before < self.capacity {
            return Some(before + 1);
        }
        self.queued.fetch_sub(1, Ordering::AcqRel);
        None
    }

    #[cold]
    fn wait_for_room(&self, writer: &Thread) -> Option<usize> {
        let WhenFull::Wait(longest) = self.when_full else {
            return None;
        };
        let start = Instant::now();
        let mut progress = self.progress();
        loop {
            if let Some(queued) = self.reserve() {
                return Some(queued);
            }
            writer.unpark();
            let left = longest.saturating_sub(start.elapsed());
            if left.is_zero() {
                return None;
            }
            let waited = self.changed.wait_timeout(progress, left);
            progress = waited.unwrap_or_else(PoisonError::into_inner).0;
        }
    }
}

/// What the clones of a log share. Dropping it ends the thread.
struct Handle {
    shared: Arc<Shared>,
    writer: Thread,
}

impl Handle {
    fn is_own_thread(&self) -> bool {
        let own: ThreadId = self.writer.id();
        thread::current().id() == own
    }

    fn flush(&self, timeout: Duration) -> bool {
        if self.is_own_thread() {
            return false;
        }
        let mut progress = self.shared.progress();
        progress.requested += 1;
        let own = progress.requested;
        self.writer.unpark();
        let is_done = |progress: &Progress| progress.made >= own || progress.is_over;
        let waited = self
            .shared
            .changed
            .wait_timeout_while(progress, timeout, |progress| !is_done(progress));
        let (progress, _) = waited.unwrap_or_else(PoisonError::into_inner);
        is_done(&progress)
    }
}

impl Drop for Handle {
    fn drop(&mut self) {
        self.shared.stops.store(true, Ordering::Release);
        self.writer.unpark();
        if self.is_own_thread() {
            return;
        }
        let progress = self.shared.progress();
        let waited = self
            .shared
            .changed
            .wait_timeout_while(progress, LONGEST_END, |progress| !progress.is_over);
        let (progress, _) = waited.unwrap_or_else(PoisonError::into_inner);
        if !progress.is_over {
            let queued = self.shared.queued.load(Ordering::Relaxed);
            tracing::error!(
                queued,
                "the sink of the decision log blocks, and its last records may be lost"
            );
        }
    }
}

impl fmt::Debug for DecisionLog {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_tuple("DecisionLog")
            .field(&self.counts())
            .finish()
    }
}

struct Writer<S> {
    shared: Arc<Shared>,
    recorder: Recorder,
    sink: S,
    /// Empty queues that replace those of the shards, so that requests rarely allocate.
    spare: Vec<Queue>,
    /// Whether the last batch has failed.
    fails: bool,
    reported_lost: u64,
}

impl<S: DecisionSink> Writer<S> {
    fn run(&mut self) {
        loop {
            let stops = self.shared.stops.load(Ordering::Acquire);
            let requested = self.shared.progress().requested;
            let count = self.write_queue();
            self.report_lost();
            let mut progress = self.shared.progress();
            progress.made = requested;
            progress.is_over = stops;
            drop(progress);
            self.shared.changed.notify_all();
            if stops {
                return;
            }
            if count <= self.shared.capacity / 2 {
                thread::park_timeout(INTERVAL);
            }
        }
    }

    /// Writes the records that are in the queue, and returns their number.
    fn write_queue(&mut self) -> usize {
        let shared = Arc::clone(&self.shared);
        let mut spare = mem::take(&mut self.spare);
        for (shard, spare) in shared.shards.iter().zip(&mut spare) {
            mem::swap(&mut *shard.lock(), spare);
        }
        // The time is that of now, less the time since a decision.
        let now = (SystemTime::now(), shared.clock.read());
        let mut count = 0;
        for queue in &mut spare {
            for batch in queue.batches(0, BATCH) {
                self.write(&batch, now);
                count += batch.len();
            }
            queue.clear();
        }
        self.spare = spare;
        count
    }

    fn write(&mut self, batch: &Batch<'_>, now: (SystemTime, ClockReading)) {
        let Self {
            shared,
            recorder,
            sink,
            ..
        } = self;
        let mut texts = String::new();
        let written = catch_unwind(AssertUnwindSafe(|| {
            let mut outcome = Ok(());
            for entry in batch.entries() {
                outcome = outcome.and(match entry {
                    Some(entry) => {
                        let times = Times::of(entry.started..entry.at, now, &shared.clock);
                        sink.write(&recorder.record(&entry, times, &mut texts))
                    }
                    None => Err(io::Error::other("a decision is incomplete")),
                });
            }
            outcome.and(sink.flush())
        }));
        let written = written.unwrap_or_else(|_| Err(io::Error::other("the sink has panicked")));
        let records = batch.len() as u64;
        let counter = match &written {
            Ok(()) => &self.shared.written,
            Err(_) => &self.shared.failed,
        };
        counter.fetch_add(records, Ordering::Relaxed);
        self.shared.queued.fetch_sub(batch.len(), Ordering::AcqRel);
        if self.shared.when_full != WhenFull::Drop {
            // Locked, so that no request checks the queue before and waits after the notification.
            drop(self.shared.progress());
            self.shared.changed.notify_all();
        }
        match written {
            Err(error) if !self.fails => {
                tracing::error!(%error, records, "the decision log cannot be written");
                self.fails = true;
            }
            Ok(()) if self.fails => {
                let failed = self.shared.failed.load(Ordering::Relaxed);
                tracing::warn!(failed, "the decision log is written again");
                self.fails = false;
            }
            _ => {}
        }
    }

    fn report_lost(&mut self) {
        let lost = self.shared.lost.load(Ordering::Relaxed);
        if lost != self.reported_lost {
            let new = lost - self.reported_lost;
            tracing::error!(new, lost, "the decision log was full, and has lost records");
            self.reported_lost = lost;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::arn::Scope;
    use crate::decision_log::entry::{EntryAction, EntryResource, EntryResult};
    use crate::decision_log::record::{Record, RecordedList, RecordedRows};
    use crate::freshness::Revision;
    use crate::principal::Principal;

    fn staged() -> usize {
        STAGED.with_borrow(Queue::len)
    }

    /// Logs a list of resources of this account.
    fn decide(log: &DecisionLog, account: &str) {
        let principal = Principal::from_arn("arn:aws:iam::111122223333:user/ana");
        let now = log.read_clock();
        log.push(&Entry {
            started: now,
            at: now,
            result: EntryResult::list(RecordedList::Constraint {
                rows: RecordedRows::All,
            }),
            principal: &principal.expect("an ARN"),
            revision: &Revision::new("r1"),
            action: EntryAction::Text,
            scope: &Scope::new("aws", "us-east-1", "111122223333"),
            names_scope: true,
            texts: NewTexts {
                notes: &[],
                resource: EntryResource::None,
                action: None,
                resource_account: Some(account),
                request_id: None,
            },
        });
    }

    #[test]
    fn a_check_within_a_repeated_one_is_kept_back_with_it() {
        let written = Arc::new(Mutex::new(Vec::new()));
        let kept = Arc::clone(&written);
        let sink = move |record: &Record<'_>| {
            let account = record.resource_account.clone().unwrap_or_default();
            kept.lock().expect("no panic").push(account.into_owned());
        };
        let log = DecisionLog::builder().start(sink).expect("a thread");
        let outer = log.stage();
        decide(&log, "first");
        let inner = log.stage();
        decide(&log, "second");
        inner.keep();
        assert_eq!(staged(), 2, "the outer check may be repeated");
        let discarded = log.stage();
        decide(&log, "discarded");
        drop(discarded);
        assert_eq!(staged(), 2, "only those of the inner check are discarded");
        decide(&log, "third");
        assert_eq!(staged(), 3);
        let ignoring = |_: &Record<'_>| {};
        let other = DecisionLog::builder().start(ignoring).expect("a thread");
        let inner = other.stage();
        decide(&other, "of another log");
        inner.keep();
        assert_eq!(staged(), 3, "only its own decision is handed over");
        assert!(other.flush(Duration::from_secs(60)));
        assert_eq!(other.counts().written, 1);
        outer.keep();
        assert_eq!(staged(), 0);
        decide(&log, "fourth");
        assert_eq!(staged(), 0, "it is handed over at once");
        drop(log.stage());
        assert!(log.flush(Duration::from_secs(60)));
        let expected = ["first", "second", "third", "fourth"];
        assert_eq!(*written.lock().expect("no panic"), expected);
    }
}
