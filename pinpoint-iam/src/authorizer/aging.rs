//! The age of an authorizer's policies, and policies that the program replaces.

use std::sync::{Arc, PoisonError};
use std::time::Duration;

use super::{Authorizer, AuthorizerBuilder, BuildError, Loaded};
use crate::freshness::{AgeLimits, Clock, Freshness, SystemClock};
use crate::source::PolicyStore;
use crate::states::{Confirmed, Timing};

impl Authorizer {
    /// Replaces all policies by those of `store`. Decisions that start afterwards use the new policies; a request that
    /// has started keeps the old ones. [`reload`](Self::reload) then loads `store` again, not the previous source.
    ///
    /// ```
    /// use pinpoint_iam::source::PolicyStore;
    /// use pinpoint_iam::{Authorizer, Scope};
    ///
    /// let authorizer = Authorizer::builder()
    ///     .scope(Scope::new("aws", "us-east-1", "123456789012"))
    ///     .source(PolicyStore::new())
    ///     .build()?;
    /// let mut store = PolicyStore::new();
    /// // .. fill it with what a database contains now, then:
    /// authorizer.replace(store)?;
    /// assert_eq!(authorizer.freshness().revision.as_str(), "2");
    /// # Ok::<(), pinpoint_iam::BuildError>(())
    /// ```
    ///
    /// # Errors
    ///
    /// Fails if a `Deny` or a permissions boundary uses a condition key [without a source](crate::KeyWithoutSource), or
    /// if a [check](AuthorizerBuilder::check_changes) rejects the change, or if the policies are too large to be
    /// compiled. Also fails if the policies come from an
    /// [asynchronous source](AuthorizerBuilder::async_source), whose next revision would replace `store`. The current
    /// policies then stay in use, and their age keeps growing.
    pub fn replace(&self, store: PolicyStore) -> Result<(), BuildError> {
        let mut replacing = self.inner.states.replacing();
        if self.inner.source().is_none() {
            return Err(BuildError::AsynchronousSource);
        }
        let loaded = Loaded {
            store: store.clone(),
            is_from_aws_account: false,
            checksum: None,
            revision: None,
            confirmed: Confirmed::at(self.inner.states.clock().now()),
        };
        let adopted = self.inner.adopt(&mut replacing, loaded);
        self.inner.count_load(adopted.is_ok());
        adopted?;
        let mut source = self
            .inner
            .source
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        *source = Some(Arc::new(store));
        Ok(())
    }

    /// Returns the revision of the current policies, the time since the source last confirmed them, and whether they
    /// are fresh, stale or expired.
    ///
    /// A successful [`build`](AuthorizerBuilder::build), [`reload`](Self::reload), [`replace`](Self::replace) or
    /// [`refresh`](Self::refresh) confirms them, also if the source reports that nothing has changed. A failed one does
    /// not.
    pub fn freshness(&self) -> Freshness {
        self.inner.states.freshness()
    }
}

impl AuthorizerBuilder {
    /// Sets the age from which on the policies are expired: all requests are denied with 503 until the source confirms
    /// its policies again.
    ///
    /// The age counts from the last confirmation, see [`Authorizer::freshness`]. Policies are stale, which is logged as a
    /// warning, from half of this age on, or from that of [`stale_after`](Self::stale_after).
    ///
    /// [`build_async`](Self::build_async) requires this method or [`serve_stale_forever`](Self::serve_stale_forever).
    /// [`build`](Self::build) requires neither. With this method, the application must call
    /// [`reload`](Authorizer::reload) or [`replace`](Authorizer::replace) in time.
    #[must_use]
    pub fn max_age(mut self, age: Duration) -> Self {
        self.max_age = Some(age);
        self
    }

    /// Sets the age from which on the policies are stale, which is logged as a warning. Requests are decided as before.
    ///
    /// The default is half of [`max_age`](Self::max_age), and without it three poll intervals of an asynchronous source.
    #[must_use]
    pub fn stale_after(mut self, age: Duration) -> Self {
        self.stale_after = Some(age);
        self
    }

    /// Declares that requests are decided by policies of any age.
    ///
    /// As long as the source is unavailable, no change of the policies reaches the service, and no permission can be
    /// revoked. Alert on [`Authorizer::freshness`].
    #[must_use]
    pub fn serve_stale_forever(mut self) -> Self {
        self.serves_stale_forever = true;
        self
    }

    /// Sets the clock on which the age of the policies is measured. The default is [`SystemClock`].
    #[must_use]
    pub fn clock(mut self, clock: impl Clock) -> Self {
        self.clock = Some(Arc::new(clock));
        self
    }

    /// Returns the clock and the limits for the age of policies. `stale_after` is the default for policies that do not
    /// expire.
    pub(super) fn timing(&mut self, stale_after: Option<Duration>) -> Result<Timing, BuildError> {
        if self.serves_stale_forever && self.max_age.is_some() {
            return Err(BuildError::ContradictoryMaxAge);
        }
        let half = self.max_age.map(|age| age / 2);
        let limits = AgeLimits {
            stale: self.stale_after.or(half).or(stale_after),
            expired: self.max_age,
        };
        let needs_alarms = limits.after(Duration::ZERO).is_some() || stale_after.is_some();
        let clock: Arc<dyn Clock> = match self.clock.take() {
            Some(clock) => clock,
            None if needs_alarms => {
                let clock = SystemClock::start();
                Arc::new(clock.map_err(|error| BuildError::Clock(error.to_string()))?)
            }
            None => Arc::new(SystemClock::without_alarms()),
        };
        Ok(Timing { clock, limits })
    }
}
