//! How old the policies of an authorizer are, and which revision of their source they are.
//!
//! Every state of the policies has a [`Revision`] and an age. The age counts from the last time that the source
//! *confirmed* the revision, on a monotonic [`Clock`]: a wall clock that is set forward or back does not change it. An
//! authorizer with a [`max_age`](crate::AuthorizerBuilder::max_age) denies all requests when its policies are older.
//!
//! ```
//! use pinpoint_iam::freshness::FreshnessState;
//! use pinpoint_iam::source::PolicyStore;
//! use pinpoint_iam::{Authorizer, Scope};
//!
//! let authorizer = Authorizer::builder()
//!     .scope(Scope::new("aws", "us-east-1", "123456789012"))
//!     .source(PolicyStore::new())
//!     .build()?;
//! assert_eq!(authorizer.freshness().state, FreshnessState::Fresh);
//! # Ok::<(), pinpoint_iam::BuildError>(())
//! ```

mod clock;

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use pinpoint_iam_core::__private::OneLine;

#[cfg(any(feature = "refresh", feature = "on-demand"))]
pub(crate) use self::clock::Sleep;
pub use self::clock::{Alarm, Clock, SystemClock};

/// The revision of a set of policies, as its source names it, such as an ETag or a checksum.
///
/// Revisions are only compared for equality. Policies that a program supplies itself have a number, which counts how
/// often they were loaded.
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct Revision(Arc<str>);

impl Revision {
    /// Creates a revision.
    pub fn new(text: &str) -> Self {
        Self(text.into())
    }

    /// Returns the revision as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for Revision {
    /// Writes one line, with control characters escaped.
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        OneLine(&self.0).fmt(formatter)
    }
}

impl fmt::Debug for Revision {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(formatter)
    }
}

/// The revision and the age of the policies of an authorizer, see [`Authorizer::freshness`](crate::Authorizer::freshness).
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Freshness {
    /// The revision of the policies that decide requests now.
    pub revision: Revision,
    /// The time since the source last confirmed the revision.
    pub age: Duration,
    /// What follows from the age.
    pub state: FreshnessState,
}

/// What follows from the age of policies.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FreshnessState {
    /// The source has confirmed the policies recently.
    Fresh,
    /// The source should have confirmed the policies again by now. Requests are decided as before.
    Stale,
    /// The policies are older than [`max_age`](crate::AuthorizerBuilder::max_age). All requests are denied.
    Expired,
}

impl fmt::Display for FreshnessState {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(match self {
            Self::Fresh => "fresh",
            Self::Stale => "stale",
            Self::Expired => "expired",
        })
    }
}

/// The ages at which policies become stale and expire.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct AgeLimits {
    pub(crate) stale: Option<Duration>,
    pub(crate) expired: Option<Duration>,
}

impl AgeLimits {
    /// Returns the state of policies of this age.
    pub(crate) fn state(self, age: Duration) -> FreshnessState {
        let is_over = |limit: Option<Duration>| limit.is_some_and(|limit| age >= limit);
        if is_over(self.expired) {
            FreshnessState::Expired
        } else if is_over(self.stale) {
            FreshnessState::Stale
        } else {
            FreshnessState::Fresh
        }
    }

    /// Returns the next limit for policies of this age.
    pub(crate) fn after(self, age: Duration) -> Option<Duration> {
        let limits = [self.stale, self.expired].into_iter().flatten();
        limits.filter(|limit| *limit > age).min()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn limits_apply_from_the_exact_age_on() {
        let seconds = Duration::from_secs;
        let limits = AgeLimits {
            stale: Some(seconds(10)),
            expired: Some(seconds(20)),
        };
        for (age, state, next) in [
            (0, FreshnessState::Fresh, Some(10)),
            (9, FreshnessState::Fresh, Some(10)),
            (10, FreshnessState::Stale, Some(20)),
            (19, FreshnessState::Stale, Some(20)),
            (20, FreshnessState::Expired, None),
            (21, FreshnessState::Expired, None),
        ] {
            assert_eq!(limits.state(seconds(age)), state, "{age}");
            assert_eq!(limits.after(seconds(age)), next.map(seconds), "{age}");
        }
        let unlimited = AgeLimits::default();
        assert_eq!(unlimited.state(Duration::MAX), FreshnessState::Fresh);
        assert_eq!(unlimited.after(Duration::ZERO), None);
    }
}
