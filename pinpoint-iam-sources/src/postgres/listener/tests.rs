//! Tests with a server in memory and a simulated clock.

use std::collections::VecDeque;
use std::io;
use std::sync::{Mutex, MutexGuard, PoisonError};

use pinpoint_iam::freshness::Revision;
use pinpoint_iam::source::{PrincipalFuture, PrincipalRecords, PrincipalRequest, PrincipalSource};
use pinpoint_iam::{Authorizer, Principal, PrincipalCache, Scope};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _, DuplexStream, duplex};
use tokio::task::JoinHandle;
use tokio_postgres::NoTls;

use super::super::connect::ConnectFuture;
use super::super::{PostgresPrincipals, PostgresStatus};
use super::*;

#[test]
fn payloads_are_read_exactly() {
    let known = [
        ("everything", Invalidation::Everything),
        ("principal a b", Invalidation::Principal("a b".to_owned())),
        ("group staff", Invalidation::Group("staff".to_owned())),
        ("policy read", Invalidation::Policy("read".to_owned())),
    ];
    for (payload, expected) in known {
        assert_eq!(invalidation(payload), Some(expected));
    }
    for payload in ["", "everything ", "Principal a", "principal", "read"] {
        assert_eq!(invalidation(payload), None, "{payload}");
    }
}

/// A source without principals.
struct NoPrincipals;

impl PrincipalSource for NoPrincipals {
    fn name(&self) -> String {
        "none".to_owned()
    }

    fn policies_of<'a>(&'a self, _: PrincipalRequest<'a>) -> PrincipalFuture<'a> {
        Box::pin(async { Ok(PrincipalRecords::new(Revision::new("1"))) })
    }
}

/// Returns a message of PostgreSQL's protocol.
fn message(kind: u8, body: &[u8]) -> Vec<u8> {
    let length = u32::try_from(body.len() + 4).expect("a short message");
    [&[kind][..], &length.to_be_bytes(), body].concat()
}

fn notification(payload: &str) -> Vec<u8> {
    message(b'A', format!("\0\0\0\x01changes\0{payload}\0").as_bytes())
}

fn authorizer() -> Authorizer {
    Authorizer::builder()
        .scope(Scope::new("aws", "us-east-1", "111122223333"))
        .principal_source(NoPrincipals, PrincipalCache::new())
        .build()
        .expect("an authorizer")
}

/// The source and the listener with the default settings.
fn listener() -> NotificationListener {
    let config = "user=any".parse::<Config>().expect("a configuration");
    PostgresPrincipals::builder(config).build(NoTls).1
}

/// What a server sends when it is ready for statements.
fn ready() -> Vec<u8> {
    [message(b'R', &[0; 4]), message(b'Z', b"I")].concat()
}

/// The policies in the cache may be used for a while after the loss, so the last changes must reach it.
#[tokio::test]
async fn notifications_that_arrive_with_the_loss_of_the_connection_are_applied() {
    let cases: [(&str, &[&str], u64); 3] = [
        ("nothing arrives before the loss", &[], 0),
        ("one change", &["policy read"], 1),
        (
            "a change twice, and another one",
            &["group a", "group a", "group b"],
            2,
        ),
    ];
    for (what, payloads, invalidations) in cases {
        let (authorizer, listener) = (authorizer(), listener());
        let (mut server, stream) = duplex(1 << 16);
        server.write_all(&ready()).await.expect("a buffer");
        let connected = listener.config.connect_raw(stream, NoTls).await;
        let (_client, mut messages) = connected.expect("the server is ready");
        for payload in payloads {
            let sent = server.write_all(&notification(payload)).await;
            sent.expect("a buffer");
        }
        drop(server);
        let invalidator = authorizer.invalidator();
        let lost = listener
            .while_connected(&mut messages, &invalidator, std::future::pending::<()>())
            .await;
        assert!(lost.is_err(), "{what}");
        let counts = authorizer.principal_cache_counts();
        assert_eq!(counts.invalidations, invalidations, "{what}");
        let status = listener.monitor().status();
        assert_eq!(status.notifications, payloads.len() as u64, "{what}");
        assert_eq!(status.unknown_notifications, 0, "{what}");
    }
}

#[test]
fn the_delay_varies_within_its_half() {
    for delay in [Duration::ZERO, Duration::from_secs(10), Duration::MAX] {
        let random = jittered(delay);
        assert!(delay / 2 <= random && random <= delay, "{random:?}");
    }
    let delays: HashSet<Duration> = (0..100).map(|_| jittered(LONGEST_RETRY)).collect();
    assert!(delays.len() > 90, "{delays:?}");
}

/// What a server does at a statement to which it does not respond as usual.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Fault {
    Closes,
    /// Responds with an error. The connection stays open.
    Fails,
    /// Does not respond. The connection stays open.
    Hangs,
}

/// What a server does with one connection.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Server {
    Refuses,
    /// Accepts the connection, and sends nothing.
    Hangs,
    /// Responds to a number of statements, of which the first is `LISTEN` and the others are probes. The fault is that of
    /// all later statements.
    Responds(usize, Fault),
}

use Server::{Refuses, Responds};

const WORKS: Server = Responds(usize::MAX, Fault::Closes);

impl Server {
    async fn serve(self, mut stream: DuplexStream) -> io::Result<()> {
        // The first message has no type.
        receive(&mut stream).await?;
        let Responds(usual, fault) = self else {
            return receive(&mut stream).await;
        };
        stream.write_all(&ready()).await?;
        for statement in 0.. {
            stream.read_u8().await?;
            receive(&mut stream).await?;
            let response = match fault {
                _ if statement < usual => message(b'C', b"LISTEN\0"),
                Fault::Closes => break,
                Fault::Fails => message(b'E', b"SERROR\0VERROR\0C42501\0Mnot permitted\0\0"),
                Fault::Hangs => continue,
            };
            let response = [response, message(b'Z', b"I")].concat();
            stream.write_all(&response).await?;
        }
        Ok(())
    }
}

/// Receives the length and the body of a message.
async fn receive(stream: &mut DuplexStream) -> io::Result<()> {
    let length = stream.read_u32().await? as usize;
    let mut body = vec![0; length.saturating_sub(4)];
    stream.read_exact(&mut body).await?;
    Ok(())
}

/// Connects to one server after the other, and to none after the last one.
struct Servers {
    servers: Mutex<VecDeque<Server>>,
    /// The times of all attempts to connect.
    attempts: Mutex<Vec<Instant>>,
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Connect for Servers {
    fn connect<'a>(&'a self, config: &'a Config) -> ConnectFuture<'a> {
        Box::pin(async move {
            lock(&self.attempts).push(Instant::now());
            let (stream, of_server) = duplex(1 << 16);
            match lock(&self.servers).pop_front() {
                None | Some(Refuses) => drop(of_server),
                Some(server) => drop(tokio::spawn(server.serve(of_server))),
            }
            let (client, connection) = config.connect_raw(stream, NoTls).await?;
            Ok((client, Box::new(connection) as Box<dyn Messages>))
        })
    }
}

/// A running listener.
struct Service {
    servers: Arc<Servers>,
    authorizer: Authorizer,
    monitor: PostgresMonitor,
    running: JoinHandle<()>,
}

impl Service {
    fn start(servers: &[Server]) -> Self {
        let servers = Arc::new(Servers {
            servers: Mutex::new(servers.iter().copied().collect()),
            attempts: Mutex::default(),
        });
        let (authorizer, mut listener) = (authorizer(), listener());
        listener.connector = Arc::<Servers>::clone(&servers);
        let monitor = listener.monitor();
        let running = tokio::spawn(listener.run(authorizer.invalidator()));
        Self {
            servers,
            authorizer,
            monitor,
            running,
        }
    }

    async fn wait_until(
        &mut self,
        condition: impl FnMut(&PostgresStatus) -> bool,
    ) -> PostgresStatus {
        soon(self.monitor.wait_until(condition)).await
    }

    async fn wait_until_it_listens(&mut self) -> PostgresStatus {
        self.wait_until(|status| status.is_listening).await
    }

    fn attempts(&self) -> Vec<Instant> {
        lock(&self.servers.attempts).clone()
    }
}

/// Waits for an hour of the simulated clock at most.
async fn soon<T>(event: impl Future<Output = T>) -> T {
    let hour = Duration::from_secs(3600);
    timeout(hour, event).await.expect("an event within an hour")
}

#[tokio::test(start_paused = true)]
async fn the_listener_connects_again_after_every_failure_and_loss() {
    let faults = [Fault::Closes, Fault::Fails, Fault::Hangs];
    let after = |statements| faults.map(|fault| Responds(statements, fault));
    // `LISTEN` fails.
    let failures = [[Refuses, Server::Hangs].as_slice(), &after(0)].concat();
    // A probe fails.
    let losses = [after(1), after(4)].concat();
    let failures = failures.into_iter().map(|server| (server, false));
    let losses = losses.into_iter().map(|server| (server, true));
    for (server, has_listened) in failures.chain(losses) {
        let mut service = Service::start(&[server, WORKS]);
        let failed = service
            .wait_until(|status| status.failed_listens + status.losses > 0)
            .await;
        let expected = PostgresStatus {
            listens: u64::from(has_listened),
            losses: u64::from(has_listened),
            failed_listens: u64::from(!has_listened),
            ..PostgresStatus::default()
        };
        assert_eq!(failed, expected, "{server:?}");
        let expected = PostgresStatus {
            is_listening: true,
            listens: expected.listens + 1,
            ..expected
        };
        assert_eq!(
            service.wait_until_it_listens().await,
            expected,
            "{server:?}"
        );
        // Every connection that listens has emptied the cache.
        let counts = service.authorizer.principal_cache_counts();
        assert_eq!(counts.invalidations, expected.listens, "{server:?}");
    }
}

#[tokio::test(start_paused = true)]
async fn the_listener_ends_after_its_authorizer() {
    // While it is connected, while it connects, while `LISTEN` is executed, and while it waits for the next attempt.
    let servers = [WORKS, Server::Hangs, Responds(0, Fault::Hangs), Refuses];
    for server in servers {
        let mut service = Service::start(&[server]);
        while service.attempts().is_empty() {
            tokio::task::yield_now().await;
        }
        if server == WORKS {
            service.wait_until_it_listens().await;
        }
        if server == Refuses {
            service.wait_until(|status| status.failed_listens > 0).await;
        }
        let servers = Arc::clone(&service.servers);
        drop(service.authorizer);
        soon(service.running).await.expect("no panic");
        assert!(!service.monitor.status().is_listening, "{server:?}");
        // It does not connect for an authorizer that does not exist.
        assert_eq!(lock(&servers.attempts).len(), 1, "{server:?}");
    }
}

#[tokio::test(start_paused = true)]
async fn an_aborted_listener_does_not_leave_policies_without_notifications() {
    for is_lost in [false, true] {
        let server = match is_lost {
            false => WORKS,
            true => Responds(1, Fault::Closes),
        };
        let mut service = Service::start(&[server]);
        service.wait_until_it_listens().await;
        let ana = Principal::from_arn("arn:aws:iam::111122223333:user/ana");
        let is_loaded = service.authorizer.load(&ana.expect("an ARN")).await;
        assert!(is_loaded);
        if is_lost {
            service.wait_until(|status| status.losses > 0).await;
        }
        let entries = |service: &Service| service.authorizer.principal_cache_counts().entries;
        assert_eq!(entries(&service), 1, "lost: {is_lost}");
        service.running.abort();
        let ended = soon(&mut service.running).await;
        assert!(ended.is_err_and(|error| error.is_cancelled()));
        assert!(!service.monitor.status().is_listening, "lost: {is_lost}");
        assert_eq!(entries(&service), 0, "lost: {is_lost}");
    }
}

#[tokio::test(start_paused = true)]
async fn the_delay_between_attempts_doubles_until_a_connection_works() {
    const PROBE: u64 = 5_000;
    // The servers, and for each attempt how long the connection lasted and the delay after it, in milliseconds.
    let refused: &[(u64, u64)] = &[(0, 200), (0, 400), (0, 800), (0, 1_600)];
    let later: &[(u64, u64)] = &[(0, 3_200), (0, 6_400), (0, 10_000), (0, 10_000)];
    // Its first probe failed, so it counts as a failure.
    let failed: &[(u64, u64)] = &[(PROBE, 3_200), (0, 6_400)];
    // Its first probe succeeded.
    let worked: &[(u64, u64)] = &[(2 * PROBE, 200), (0, 400)];
    let cases: [(Server, &[(u64, u64)]); 3] = [
        (Refuses, later),
        (Responds(1, Fault::Closes), failed),
        (Responds(2, Fault::Closes), worked),
    ];
    for (server, after) in cases {
        let expected = [refused, after].concat();
        let mut service = Service::start(&[Refuses, Refuses, Refuses, Refuses, server]);
        let all = expected.len() as u64;
        service
            .wait_until(|status| status.failed_listens + status.losses > all)
            .await;
        let attempts = service.attempts();
        assert_eq!(attempts.len(), expected.len() + 1);
        for (times, (lasted, delay)) in attempts.windows(2).zip(expected) {
            let waited = times[1] - times[0] - Duration::from_millis(lasted);
            // Up to a half is left out at random. Timers have a resolution of one millisecond.
            let delay = Duration::from_millis(delay);
            let longest = delay + Duration::from_millis(2);
            assert!(
                delay / 2 <= waited && waited <= longest,
                "{server:?}: {waited:?} of {delay:?}"
            );
        }
    }
}
