//! Monotonic clocks with alarms.

use std::cmp::Ordering;
use std::collections::BinaryHeap;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::{Arc, Condvar, LazyLock, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};
use std::{fmt, io, thread};

/// A function that a [`Clock`] calls once.
pub type Alarm = Box<dyn FnOnce() + Send>;

/// A monotonic clock, on which the age of policies is measured.
///
/// The default is [`SystemClock`]. Tests use `testing::SimulatedClock`, which moves only when a test advances it.
pub trait Clock: Send + Sync + 'static {
    /// Returns the time since an arbitrary but fixed moment. It never decreases.
    fn now(&self) -> Duration;

    /// Calls `alarm` once, as soon as [`now`](Self::now) is at least `time`. Must not call it before this method has
    /// returned, unless from another thread.
    ///
    /// An authorizer marks its policies as expired in such a call, so that requests do not have to read the clock.
    fn call_at(&self, time: Duration, alarm: Alarm);
}

/// The monotonic clock of the operating system, [`Instant`].
///
/// It does not depend on the wall clock. On Linux it does not advance while the computer is suspended.
pub struct SystemClock {
    /// The alarms; `None` for a clock without alarms.
    alarms: Option<Arc<Alarms>>,
}

impl SystemClock {
    /// Creates a clock, with a thread that calls the alarms. The thread ends when the clock is dropped; alarms that are
    /// not due by then are not called.
    ///
    /// # Errors
    ///
    /// Fails if the operating system cannot start the thread.
    pub fn start() -> io::Result<Self> {
        let alarms = Arc::new(Alarms::default());
        let called = Arc::clone(&alarms);
        thread::Builder::new()
            .name("pinpoint-iam-clock".to_owned())
            .spawn(move || called.run())?;
        Ok(Self {
            alarms: Some(alarms),
        })
    }

    /// A clock for policies whose age has no limits.
    pub(crate) const fn without_alarms() -> Self {
        Self { alarms: None }
    }
}

impl Clock for SystemClock {
    fn now(&self) -> Duration {
        static ORIGIN: LazyLock<Instant> = LazyLock::new(Instant::now);
        ORIGIN.elapsed()
    }

    fn call_at(&self, time: Duration, alarm: Alarm) {
        if let Some(alarms) = &self.alarms {
            let mut queue = alarms.lock();
            queue.waiting.push(Waiting { time, alarm });
            alarms.changed.notify_one();
        }
    }
}

impl Drop for SystemClock {
    fn drop(&mut self) {
        if let Some(alarms) = &self.alarms {
            alarms.lock().is_closed = true;
            alarms.changed.notify_one();
        }
    }
}

impl fmt::Debug for SystemClock {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("SystemClock")
    }
}

/// The alarms of a clock.
#[derive(Default)]
struct Alarms {
    queue: Mutex<Queue>,
    changed: Condvar,
}

#[derive(Default)]
struct Queue {
    waiting: BinaryHeap<Waiting>,
    is_closed: bool,
}

struct Waiting {
    time: Duration,
    alarm: Alarm,
}

/// The earliest one is the greatest, which a heap returns first.
impl Ord for Waiting {
    fn cmp(&self, other: &Self) -> Ordering {
        other.time.cmp(&self.time)
    }
}

impl PartialOrd for Waiting {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl PartialEq for Waiting {
    fn eq(&self, other: &Self) -> bool {
        self.time == other.time
    }
}

impl Eq for Waiting {}

impl Alarms {
    fn lock(&self) -> MutexGuard<'_, Queue> {
        // Only whole alarms are added and removed under the lock, so poisoning is harmless.
        self.queue.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Calls alarms until the clock is dropped.
    fn run(&self) {
        let clock = SystemClock::without_alarms();
        let mut queue = self.lock();
        while !queue.is_closed {
            let now = clock.now();
            match queue.waiting.peek().map(|next| next.time) {
                Some(time) if time <= now => {
                    let due = queue.waiting.pop();
                    drop(queue);
                    if let Some(Waiting { alarm, .. }) = due {
                        // A panic, for example of a waker, must not end the thread: nothing would expire any more.
                        let _ = catch_unwind(AssertUnwindSafe(alarm));
                    }
                    queue = self.lock();
                }
                Some(time) => {
                    let left = time.saturating_sub(now);
                    let waited = self.changed.wait_timeout(queue, left);
                    queue = waited.unwrap_or_else(PoisonError::into_inner).0;
                }
                None => {
                    let woken = self.changed.wait(queue);
                    queue = woken.unwrap_or_else(PoisonError::into_inner);
                }
            }
        }
    }
}

#[cfg(any(feature = "refresh", feature = "on-demand"))]
pub(crate) use self::sleep::Sleep;

#[cfg(any(feature = "refresh", feature = "on-demand"))]
mod sleep {
    use std::future::Future;
    use std::pin::Pin;
    use std::sync::{Arc, Mutex, PoisonError};
    use std::task::{Context, Poll, Waker};
    use std::time::Duration;

    use super::Clock;

    /// A future that is ready at a time of a clock, on any runtime.
    pub(crate) struct Sleep {
        state: Arc<Mutex<State>>,
        /// Keeps the thread of the clock.
        _clock: Arc<dyn Clock>,
    }

    #[derive(Default)]
    struct State {
        is_over: bool,
        waker: Option<Waker>,
    }

    impl Sleep {
        pub(crate) fn until(clock: &Arc<dyn Clock>, time: Duration) -> Self {
            let state = Arc::new(Mutex::new(State::default()));
            let shared = Arc::clone(&state);
            let wake = move || {
                let waker = {
                    let mut state = shared.lock().unwrap_or_else(PoisonError::into_inner);
                    state.is_over = true;
                    state.waker.take()
                };
                if let Some(waker) = waker {
                    waker.wake();
                }
            };
            if clock.now() >= time {
                wake();
            } else {
                clock.call_at(time, Box::new(wake));
            }
            Self {
                state,
                _clock: Arc::clone(clock),
            }
        }
    }

    impl Future for Sleep {
        type Output = ();

        fn poll(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<()> {
            let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
            if state.is_over {
                return Poll::Ready(());
            }
            state.waker = Some(context.waker().clone());
            Poll::Pending
        }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::mpsc::channel;

    use super::*;

    #[test]
    fn alarms_are_called_in_order_and_not_before_their_time() {
        let clock = SystemClock::start().expect("a thread");
        let (sender, receiver) = channel();
        let start = clock.now();
        for millis in [30, 10, 20] {
            let sender = sender.clone();
            let time = start + Duration::from_millis(millis);
            let called = move || {
                let now = SystemClock::without_alarms().now();
                sender.send((millis, now >= time)).expect("the test waits");
            };
            clock.call_at(time, Box::new(called));
        }
        let called: Vec<_> = receiver.iter().take(3).collect();
        assert_eq!(called, [(10, true), (20, true), (30, true)]);
    }

    #[test]
    fn a_panic_in_an_alarm_does_not_stop_the_clock() {
        let clock = SystemClock::start().expect("a thread");
        let (sender, receiver) = channel();
        clock.call_at(Duration::ZERO, Box::new(|| panic!("on purpose")));
        let next = move || sender.send(()).expect("the test waits");
        clock.call_at(clock.now(), Box::new(next));
        assert_eq!(receiver.recv(), Ok(()));
    }

    #[test]
    fn the_thread_ends_with_the_clock() {
        let clock = SystemClock::start().expect("a thread");
        let (sender, receiver) = channel::<()>();
        let never = move || drop(sender);
        clock.call_at(Duration::MAX, Box::new(never));
        drop(clock);
        // The alarm is dropped with the queue, and with it the sender.
        assert!(receiver.recv().is_err());
    }
}
