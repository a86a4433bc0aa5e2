//! The clock with which decisions are timed.
//!
//! A decision reads it twice, and takes little longer than a reading of the operating system's clock. Where the processor
//! has a counter of constant rate, a reading is the counter, and only the thread of the log converts it. Elsewhere, it is
//! a time of the operating system's clock.

use std::time::Duration;

use self::counter::Counter;

/// What a [`Clock`] shows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct ClockReading(u64);

pub(super) struct Clock(Counter);

impl Clock {
    pub(super) fn start() -> Self {
        Self(Counter::start())
    }

    #[inline]
    pub(super) fn read(&self) -> ClockReading {
        ClockReading(self.0.read())
    }

    /// Returns the time from one reading to another; zero if the other is not later.
    pub(super) fn between(&self, from: ClockReading, to: ClockReading) -> Duration {
        self.0.between(from.0, to.0)
    }
}

#[cfg(any(target_arch = "aarch64", target_arch = "x86_64"))]
mod counter {
    use std::time::Duration;

    pub(super) struct Counter(quanta::Clock);

    impl Counter {
        pub(super) fn start() -> Self {
            Self(quanta::Clock::new())
        }

        #[inline]
        pub(super) fn read(&self) -> u64 {
            self.0.raw()
        }

        pub(super) fn between(&self, from: u64, to: u64) -> Duration {
            self.0.delta(from, to)
        }
    }
}

#[cfg(not(any(target_arch = "aarch64", target_arch = "x86_64")))]
mod counter {
    use std::time::{Duration, Instant};

    /// Counts the nanoseconds since it was started.
    pub(super) struct Counter(Instant);

    impl Counter {
        pub(super) fn start() -> Self {
            Self(Instant::now())
        }

        #[inline]
        pub(super) fn read(&self) -> u64 {
            u64::try_from(self.0.elapsed().as_nanos()).unwrap_or(u64::MAX)
        }

        #[expect(clippy::unused_self, reason = "as with the counter of a processor")]
        pub(super) const fn between(&self, from: u64, to: u64) -> Duration {
            Duration::from_nanos(to.saturating_sub(from))
        }
    }
}

#[cfg(test)]
mod tests {
    use std::time::Instant;

    use super::*;

    /// The time between two readings is between those of the operating system's clock that enclose it. A quarter is for the
    /// rate of the counter, which a busy machine measures less exactly.
    #[test]
    fn times_are_those_of_the_operating_system() {
        let clock = Clock::start();
        let outer = Instant::now();
        let from = clock.read();
        let inner = Instant::now();
        while inner.elapsed() < Duration::from_millis(2) {
            std::hint::spin_loop();
        }
        let least = inner.elapsed();
        let to = clock.read();
        let most = outer.elapsed();
        let measured = clock.between(from, to);
        let micro = Duration::from_micros(1);
        assert!(
            least.mul_f64(0.75) <= measured + micro,
            "{least:?} {measured:?}"
        );
        assert!(
            measured <= most.mul_f64(1.25) + micro,
            "{measured:?} {most:?}"
        );
        assert_eq!(clock.between(to, from), Duration::ZERO);
    }
}
