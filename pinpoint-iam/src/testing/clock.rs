//! A clock for tests.

use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use crate::freshness::{Alarm, Clock};

/// A clock that moves only when [`advance`](Self::advance) is called. Clones are the same clock.
///
/// ```
/// use std::time::Duration;
///
/// use pinpoint_iam::freshness::FreshnessState;
/// use pinpoint_iam::source::PolicyStore;
/// use pinpoint_iam::testing::SimulatedClock;
/// use pinpoint_iam::{Authorizer, Scope};
///
/// let clock = SimulatedClock::new();
/// let authorizer = Authorizer::builder()
///     .scope(Scope::new("aws", "us-east-1", "123456789012"))
///     .source(PolicyStore::new())
///     .max_age(Duration::from_secs(600))
///     .clock(clock.clone())
///     .build()?;
/// clock.advance(Duration::from_secs(600));
/// assert_eq!(authorizer.freshness().state, FreshnessState::Expired);
/// # Ok::<(), pinpoint_iam::BuildError>(())
/// ```
#[derive(Clone, Default)]
pub struct SimulatedClock(Arc<Mutex<State>>);

#[derive(Default)]
struct State {
    now: Duration,
    alarms: Vec<(Duration, Alarm)>,
}

impl SimulatedClock {
    /// Creates a clock.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Moves the clock forward, and calls the alarms of this time in their order before it returns.
    pub fn advance(&self, by: Duration) {
        let end = self.state().now.saturating_add(by);
        while let Some(alarm) = self.next_until(end) {
            alarm();
        }
        self.state().now = end;
    }

    /// Moves the clock to the next alarm that is due at `end`, and removes it.
    fn next_until(&self, end: Duration) -> Option<Alarm> {
        let mut state = self.state();
        let due = state.alarms.iter().enumerate();
        let due = due.filter(|(_, (time, _))| *time <= end);
        let (index, _) = due.min_by_key(|(_, (time, _))| *time)?;
        let (time, alarm) = state.alarms.remove(index);
        state.now = state.now.max(time);
        Some(alarm)
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Clock for SimulatedClock {
    fn now(&self) -> Duration {
        self.state().now
    }

    fn call_at(&self, time: Duration, alarm: Alarm) {
        self.state().alarms.push((time, alarm));
    }
}

impl fmt::Debug for SimulatedClock {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_tuple("SimulatedClock")
            .field(&self.now())
            .finish()
    }
}
