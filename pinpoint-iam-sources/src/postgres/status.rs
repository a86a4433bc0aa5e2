//! What can be observed of a source and of its listener.

use tokio::sync::watch;

/// The state and the figures of a source and of its listener.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct PostgresStatus {
    /// Whether changes are reported at the moment. If not, policies are used for a
    /// [shorter time](super::PostgresBuilder::time_without_notifications).
    pub is_listening: bool,
    /// How often the listener has connected.
    pub listens: u64,
    /// How often the connection of the listener was lost.
    pub losses: u64,
    /// The attempts of the listener to connect that failed.
    pub failed_listens: u64,
    /// The notifications that have taken effect.
    pub notifications: u64,
    /// The notifications that are not in the documented form. Each of them removes all principals from the cache.
    pub unknown_notifications: u64,
    /// The connections that were opened to read policies.
    pub connections: u64,
    /// The reads that failed.
    pub failures: u64,
    /// The failed reads that the server ended because of the
    /// [statement timeout](super::PostgresBuilder::statement_timeout).
    pub timeouts: u64,
}

/// The status of a source and of its listener, which share it.
#[derive(Clone, Debug)]
pub(super) struct Shared(watch::Sender<PostgresStatus>);

impl Shared {
    pub(super) fn new() -> Self {
        Self(watch::Sender::new(PostgresStatus::default()))
    }

    pub(super) fn change(&self, change: impl FnOnce(&mut PostgresStatus)) {
        self.0.send_modify(change);
    }

    pub(super) fn is_listening(&self) -> bool {
        self.0.borrow().is_listening
    }

    pub(super) fn monitor(&self) -> PostgresMonitor {
        PostgresMonitor(self.0.subscribe())
    }
}

/// Observes a source and its listener, for metrics and alarms. Cheap to clone.
#[derive(Clone, Debug)]
pub struct PostgresMonitor(watch::Receiver<PostgresStatus>);

impl PostgresMonitor {
    /// Returns the current status.
    pub fn status(&self) -> PostgresStatus {
        *self.0.borrow()
    }

    /// Waits until `condition` is true, and returns the status for which it is. Returns the last status if the source and
    /// its listener are dropped before.
    pub async fn wait_until(
        &mut self,
        condition: impl FnMut(&PostgresStatus) -> bool,
    ) -> PostgresStatus {
        let found = self.0.wait_for(condition).await.map(|status| *status);
        found.unwrap_or_else(|_| *self.0.borrow())
    }
}
