//! The task that listens to notifications.

use std::collections::HashSet;
use std::future::poll_fn;
use std::hash::{BuildHasher as _, RandomState};
use std::pin::pin;
use std::sync::Arc;
use std::task::Poll;
use std::time::Duration;

use pinpoint_iam::Invalidator;
use pinpoint_iam::source::Invalidation;
use tokio::time::{Instant, sleep, sleep_until, timeout};
use tokio_postgres::{AsyncMessage, Client, Config};

use super::connect::{Connect, Messages, describe};
use super::status::{PostgresMonitor, Shared};

/// The longest time between attempts to connect.
const LONGEST_RETRY: Duration = Duration::from_secs(10);

/// The number of changes that arrive together and are applied one by one. More of them remove everything from the cache,
/// which is faster.
const MOST_CHANGES: usize = 200;

/// Listens to the notifications of the database, and removes principals that have changed from the cache of an
/// authorizer. Created with a [source](super::PostgresPrincipals) by [`PostgresBuilder::build`](super::PostgresBuilder::build).
pub struct NotificationListener {
    pub(super) name: String,
    pub(super) connector: Arc<dyn Connect>,
    pub(super) config: Config,
    pub(super) channel: String,
    pub(super) probe_interval: Duration,
    pub(super) retry_interval: Duration,
    pub(super) time_without_notifications: Duration,
    pub(super) shared: Shared,
}

impl std::fmt::Debug for NotificationListener {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let listener = &mut formatter.debug_struct("NotificationListener");
        listener.field("name", &self.name).finish_non_exhaustive()
    }
}

/// Why the connection is lost.
struct Lost(String);

/// A connection that listens.
struct Listening {
    /// The connection ends when it is dropped.
    client: Client,
    messages: Box<dyn Messages>,
}

/// Ends the use of policies whose changes are no longer reported when the listener ends, for whatever reason.
struct End<'a> {
    shared: &'a Shared,
    invalidator: &'a Invalidator,
}

impl Drop for End<'_> {
    fn drop(&mut self) {
        // In this order: a load that starts after the removal reads that changes are not reported.
        self.shared.change(|status| status.is_listening = false);
        self.invalidator.invalidate(&Invalidation::Everything);
    }
}

impl NotificationListener {
    /// Returns a handle that observes the listener and its source.
    pub fn monitor(&self) -> PostgresMonitor {
        self.shared.monitor()
    }

    /// Listens until the authorizer is dropped. Spawn it, with the [invalidator](pinpoint_iam::Authorizer::invalidator) of
    /// the authorizer that has the source.
    ///
    /// When it has connected, also after a loss of the connection, everything is removed from the cache, because
    /// notifications may be missing.
    ///
    /// If the future is dropped earlier, for example because its task is aborted, changes are no longer reported:
    /// everything is removed from the cache, and policies are used no longer than the
    /// [time without notifications](super::PostgresBuilder::time_without_notifications) from then on.
    pub async fn run(self, invalidator: Invalidator) {
        let _end = End {
            shared: &self.shared,
            invalidator: &invalidator,
        };
        let mut delay = self.retry_interval;
        // The time at which policies from before the loss of the connection are removed.
        let mut removal: Option<Instant> = None;
        while invalidator.is_alive() {
            let connected = {
                let mut connecting = pin!(self.connect(&invalidator));
                loop {
                    tokio::select! {
                        biased;
                        connected = &mut connecting => break connected,
                        () = at(removal) => {
                            invalidator.invalidate(&Invalidation::Everything);
                            removal = None;
                        }
                    }
                }
            };
            match connected {
                Ok(listening) => {
                    removal = None;
                    let Err(Lost(error)) = self.follow(listening, &invalidator, &mut delay).await
                    else {
                        break;
                    };
                    self.shared.change(|status| {
                        status.is_listening = false;
                        status.losses += 1;
                    });
                    tracing::error!(source = self.name, %error, "the notification connection is lost");
                    let time = self.time_without_notifications;
                    match time.is_zero() {
                        true => drop(invalidator.invalidate(&Invalidation::Everything)),
                        false => removal = Instant::now().checked_add(time),
                    }
                }
                Err(Lost(error)) => {
                    self.shared.change(|status| status.failed_listens += 1);
                    tracing::error!(source = self.name, %error, "the notification connection cannot be opened");
                }
            }
            let end = Instant::now().checked_add(jittered(delay));
            delay = delay.saturating_mul(2).min(LONGEST_RETRY);
            loop {
                tokio::select! {
                    biased;
                    () = at(removal) => {
                        invalidator.invalidate(&Invalidation::Everything);
                        removal = None;
                    }
                    () = at(end) => break,
                }
            }
        }
    }

    /// Connects, and empties the cache when changes are reported.
    async fn connect(&self, invalidator: &Invalidator) -> Result<Listening, Lost> {
        let connecting = async {
            let connected = self.connector.connect(&self.config).await;
            let (client, mut messages) = connected.map_err(|error| Lost(describe(&error)))?;
            let statement = format!("LISTEN {}", quoted(&self.channel));
            let listen = client.batch_execute(&statement);
            let listening = self
                .while_connected(&mut *messages, invalidator, listen)
                .await?;
            listening.map_err(|error| Lost(describe(&error)))?;
            Ok(Listening { client, messages })
        };
        // The server responds at once, or is treated as one that does not.
        let listening = timeout(self.probe_interval, connecting).await;
        let listening = listening.map_err(|_| Lost("no response".to_owned()))??;
        // In this order: a load that reads `is_listening` starts after the removal of everything.
        invalidator.invalidate(&Invalidation::Everything);
        self.shared.change(|status| {
            status.is_listening = true;
            status.listens += 1;
        });
        Ok(listening)
    }

    /// Applies notifications until the connection is lost, or the authorizer is dropped.
    async fn follow(
        &self,
        listening: Listening,
        invalidator: &Invalidator,
        delay: &mut Duration,
    ) -> Result<(), Lost> {
        let Listening {
            client,
            mut messages,
        } = listening;
        loop {
            let pause = sleep(self.probe_interval);
            self.while_connected(&mut *messages, invalidator, pause)
                .await?;
            if !invalidator.is_alive() {
                return Ok(());
            }
            let probe = client.batch_execute("");
            let probe = self.while_connected(&mut *messages, invalidator, probe);
            match timeout(self.probe_interval, probe).await {
                Ok(response) => response?.map_err(|error| Lost(describe(&error)))?,
                Err(_) => return Err(Lost("no response".to_owned())),
            }
            // The connection works, so the next loss is not another failure of the same attempt.
            *delay = self.retry_interval;
        }
    }

    /// Waits for `work`, and applies the notifications that arrive in the meantime.
    async fn while_connected<T>(
        &self,
        messages: &mut dyn Messages,
        invalidator: &Invalidator,
        work: impl Future<Output = T>,
    ) -> Result<T, Lost> {
        let mut work = pin!(work);
        poll_fn(|context| {
            let mut payloads = Vec::new();
            let end = loop {
                match messages.poll_message(context) {
                    Poll::Ready(Some(Ok(AsyncMessage::Notification(notification)))) => {
                        payloads.push(notification.payload().to_owned());
                    }
                    Poll::Ready(Some(Ok(_))) => {}
                    Poll::Ready(Some(Err(error))) => break Some(Lost(describe(&error))),
                    Poll::Ready(None) => break Some(Lost("the server has closed it".to_owned())),
                    Poll::Pending => break None,
                }
            };
            self.apply(&payloads, invalidator);
            match end {
                Some(lost) => Poll::Ready(Err(lost)),
                None => work.as_mut().poll(context).map(Ok),
            }
        })
        .await
    }

    fn apply(&self, payloads: &[String], invalidator: &Invalidator) {
        if payloads.is_empty() {
            return;
        }
        let distinct: HashSet<&String> = payloads.iter().collect();
        let mut unknown = 0;
        if distinct.len() > MOST_CHANGES {
            invalidator.invalidate(&Invalidation::Everything);
        } else {
            for payload in distinct {
                let invalidation = invalidation(payload).unwrap_or_else(|| {
                    unknown += 1;
                    tracing::warn!(
                        source = self.name,
                        payload,
                        "a notification is not in the documented form"
                    );
                    Invalidation::Everything
                });
                invalidator.invalidate(&invalidation);
            }
        }
        self.shared.change(|status| {
            status.notifications += payloads.len() as u64;
            status.unknown_notifications += unknown;
        });
    }
}

/// Returns what a payload reports: `principal ARN`, `group NAME`, `policy NAME` or `everything`.
fn invalidation(payload: &str) -> Option<Invalidation> {
    if payload == "everything" {
        return Some(Invalidation::Everything);
    }
    let (kind, name) = payload.split_once(' ')?;
    let name = name.to_owned();
    match kind {
        "principal" => Some(Invalidation::Principal(name)),
        "group" => Some(Invalidation::Group(name)),
        "policy" => Some(Invalidation::Policy(name)),
        _ => None,
    }
}

/// Waits until `time`; for ever if there is none.
async fn at(time: Option<Instant>) {
    match time {
        Some(time) => sleep_until(time).await,
        None => std::future::pending().await,
    }
}

/// Returns a random time between half of `delay` and the whole, so that many instances do not connect together.
fn jittered(delay: Duration) -> Duration {
    let random = u32::try_from(RandomState::new().hash_one(()) >> 48).unwrap_or(0);
    let half = delay / 2;
    half.saturating_add(half.saturating_mul(random) / (1 << 16))
}

/// Returns an identifier in quotes.
fn quoted(name: &str) -> String {
    format!("\"{}\"", name.replace('"', "\"\""))
}

#[cfg(test)]
mod tests;
