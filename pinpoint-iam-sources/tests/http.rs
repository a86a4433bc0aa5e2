//! Sets on an HTTP server. The server is a part of the test and behaves as real ones do: with strong, weak and no ETags,
//! and with the failures of servers and networks. Time is simulated.

#![allow(
    clippy::indexing_slicing,
    clippy::panic,
    clippy::string_slice,
    clippy::unwrap_used,
    reason = "a test whose set-up fails has failed"
)]

// Each test binary uses a part.
#[path = "common/archive.rs"]
mod archives;
#[allow(dead_code)]
mod common;

use std::collections::HashMap;
use std::fs;
use std::hash::{DefaultHasher, Hash, Hasher};
use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use object_store::http::HttpBuilder;
use object_store::{ClientOptions, RetryConfig};
use pinpoint_iam::freshness::FreshnessState;
use pinpoint_iam::source::AsyncPolicySource;
use pinpoint_iam::testing::SimulatedClock;
use pinpoint_iam::{Authorizer, AuthorizerBuilder, RefreshError, Refreshed};
use pinpoint_iam_sources::{ObjectSource, Signed, object_store};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinHandle;

use self::archives::archive;
use self::common::{DAY, TimeOfDay, key, manifest, policies, rights, scope, sign};

const MINUTE: Duration = Duration::from_secs(60);
const TIMEOUT: Duration = Duration::from_secs(10);

/// How the server responds.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Behavior {
    /// With a strong ETag; 304 if the request has it.
    Usual,
    /// With a weak ETag, as servers that compress responses do.
    WeakEtags,
    /// Without ETags. Conditions are ignored.
    NoEtags,
    /// With ETags. Conditions are ignored.
    Unconditional,
    /// 304 to every request.
    NotModified,
    /// The connection is closed before this number of bytes at the end of the body, at most all.
    CutBody(usize),
    /// The connection is closed within the headers.
    CutHeaders,
    /// Nothing is sent, and the connection stays open.
    Hangs,
    /// The connection stays open after the headers.
    HangsInBody,
    /// The length of the body is not stated: its end is the end of the connection.
    NoLength,
    /// This status, with a page as a proxy sends it.
    Status(u16),
}

#[derive(Clone)]
struct Server {
    address: SocketAddr,
    files: Arc<Mutex<HashMap<String, Vec<u8>>>>,
    behavior: Arc<Mutex<Behavior>>,
    /// The path of each request, and whether it was conditional.
    requests: Arc<Mutex<Vec<(String, bool)>>>,
}

impl Server {
    async fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let server = Self {
            address: listener.local_addr().unwrap(),
            files: Arc::default(),
            behavior: Arc::new(Mutex::new(Behavior::Usual)),
            requests: Arc::default(),
        };
        drop(server.accept(listener));
        server
    }

    fn accept(&self, listener: TcpListener) -> JoinHandle<()> {
        let own = self.clone();
        tokio::spawn(async move {
            loop {
                let (client, _) = listener.accept().await.unwrap();
                let own = own.clone();
                tokio::spawn(async move { own.respond(client).await });
            }
        })
    }

    fn set(&self, behavior: Behavior) {
        *self.behavior.lock().unwrap() = behavior;
    }

    fn put(&self, name: &str, content: impl Into<Vec<u8>>) {
        let mut files = self.files.lock().unwrap();
        files.insert(format!("/p/{name}"), content.into());
    }

    /// The requests since the last call.
    fn requests(&self) -> Vec<(String, bool)> {
        std::mem::take(&mut *self.requests.lock().unwrap())
    }

    /// Responds to one request. The client opens a new connection for the next.
    async fn respond(&self, mut client: TcpStream) {
        let mut request = Vec::new();
        while !request.ends_with(b"\r\n\r\n") {
            match client.read_u8().await {
                Ok(byte) => request.push(byte),
                Err(_) => return,
            }
        }
        let request = String::from_utf8(request).unwrap();
        let path = request.split(' ').nth(1).unwrap().to_owned();
        let condition = request.lines().find_map(|line| {
            let (name, value) = line.split_once(": ")?;
            (name.eq_ignore_ascii_case("if-none-match")).then(|| value.to_owned())
        });
        let seen = (path.clone(), condition.is_some());
        self.requests.lock().unwrap().push(seen);
        let behavior = *self.behavior.lock().unwrap();
        let file = self.files.lock().unwrap().get(&path).cloned();
        let (headers, body) = response(behavior, file, condition.as_deref());
        let (headers, body, stays_open) = match behavior {
            Behavior::Hangs => (String::new(), Vec::new(), true),
            Behavior::HangsInBody => (headers, Vec::new(), true),
            Behavior::CutHeaders => (headers[..20].to_owned(), Vec::new(), false),
            Behavior::CutBody(missing) => {
                let length = body.len().saturating_sub(missing);
                (headers, body[..length].to_vec(), false)
            }
            _ => (headers, body, false),
        };
        // The client may have given up.
        let _ = client.write_all(headers.as_bytes()).await;
        let _ = client.write_all(&body).await;
        let _ = client.flush().await;
        if stays_open {
            // Until the client closes the connection.
            let _ = client.read_u8().await;
        }
    }
}

/// The headers and the body of a response.
fn response(
    behavior: Behavior,
    file: Option<Vec<u8>>,
    condition: Option<&str>,
) -> (String, Vec<u8>) {
    let (status, body) = match (behavior, file) {
        (Behavior::NotModified, _) => (304, Vec::new()),
        (Behavior::Status(status), _) => (status, b"<html>sign in</html>".to_vec()),
        (_, None) => (404, Vec::new()),
        (_, Some(body)) => (200, body),
    };
    let mut hasher = DefaultHasher::new();
    body.hash(&mut hasher);
    let etag = match behavior {
        Behavior::NoEtags => None,
        Behavior::WeakEtags => Some(format!("W/\"{:x}\"", hasher.finish())),
        _ => Some(format!("\"{:x}\"", hasher.finish())),
    };
    let ignores = matches!(behavior, Behavior::NoEtags | Behavior::Unconditional);
    let is_known = status == 200 && !ignores && condition.is_some() && etag.as_deref() == condition;
    let (status, body) = match is_known {
        true => (304, Vec::new()),
        false => (status, body),
    };
    let mut headers = format!("HTTP/1.1 {status} X\r\nConnection: close\r\n");
    if let Some(etag) = etag.filter(|_| matches!(status, 200 | 304)) {
        headers += &format!("ETag: {etag}\r\n");
    }
    if status != 304 && behavior != Behavior::NoLength {
        headers += &format!("Content-Length: {}\r\n", body.len());
    }
    (headers + "\r\n", body)
}

/// A server with a set, a service, and its clock.
struct Setup {
    server: Server,
    clock: SimulatedClock,
    is_archive: bool,
}

impl Setup {
    async fn start(is_archive: bool) -> Self {
        let setup = Self {
            server: Server::start().await,
            clock: SimulatedClock::new(),
            is_archive,
        };
        setup.publish("GetApp", 1);
        setup
    }

    fn publish(&self, action: &str, revision: u64) {
        let files = policies(action);
        let listed = manifest(&files, revision, TimeOfDay::noon().get());
        let signed = sign(&files, &listed, &key(1));
        match self.is_archive {
            true => self.server.put("p.tar.gz", archive(&signed)),
            false => {
                for (name, text) in signed.iter() {
                    self.server.put(name, text);
                }
            }
        }
    }

    fn source(&self) -> ObjectSource {
        // An error means that another test has installed it.
        let _ = rustls::crypto::ring::default_provider().install_default();
        let store = HttpBuilder::new()
            .with_url(format!("http://{}", self.server.address))
            .with_client_options(ClientOptions::new().with_allow_http(true))
            .with_retry(RetryConfig {
                max_retries: 0,
                ..RetryConfig::default()
            })
            .build()
            .unwrap();
        match self.is_archive {
            true => ObjectSource::archive(Arc::new(store), "p/p.tar.gz"),
            false => ObjectSource::prefix(Arc::new(store), "p"),
        }
    }

    fn builder(&self, source: impl AsyncPolicySource) -> AuthorizerBuilder {
        Authorizer::builder()
            .scope(scope())
            .async_source(source)
            .fetch_timeout(TIMEOUT)
            .max_age(10 * MINUTE)
            .clock(self.clock.clone())
    }

    async fn authorizer(&self) -> Authorizer {
        let built = self.builder(self.source()).build_async().await;
        let (authorizer, _) = built.unwrap();
        assert_eq!(rights(&authorizer), "GetApp");
        self.server.requests();
        authorizer
    }
}

fn unavailable(outcome: Result<Refreshed, RefreshError>) -> String {
    match outcome {
        Err(RefreshError::Unavailable(error)) => error.to_string(),
        other => panic!("{other:?}"),
    }
}

#[tokio::test]
async fn a_poll_without_a_change_is_one_conditional_request() {
    for (is_archive, polled) in [(true, "/p/p.tar.gz"), (false, "/p/policies.manifest")] {
        for behavior in [Behavior::Usual, Behavior::WeakEtags] {
            let setup = Setup::start(is_archive).await;
            setup.server.set(behavior);
            let authorizer = setup.authorizer().await;
            for _ in 0..2 {
                assert_eq!(authorizer.refresh().await, Ok(Refreshed::Unchanged));
                assert_eq!(setup.server.requests(), [(polled.to_owned(), true)]);
            }
            setup.publish("DeleteApp", 2);
            assert_eq!(authorizer.refresh().await, Ok(Refreshed::Changed));
            assert_eq!(rights(&authorizer), "DeleteApp", "{behavior:?}");
            assert_eq!(setup.server.requests()[0], (polled.to_owned(), true));
            assert_eq!(authorizer.refresh().await, Ok(Refreshed::Unchanged));
        }
    }
}

#[tokio::test]
async fn servers_without_etags_or_conditions_are_read_and_compared() {
    for behavior in [Behavior::NoEtags, Behavior::Unconditional] {
        let setup = Setup::start(true).await;
        setup.server.set(behavior);
        let authorizer = setup.authorizer().await;
        assert_eq!(
            authorizer.refresh().await,
            Ok(Refreshed::Unchanged),
            "{behavior:?}"
        );
        setup.publish("DeleteApp", 2);
        assert_eq!(
            authorizer.refresh().await,
            Ok(Refreshed::Changed),
            "{behavior:?}"
        );
        assert_eq!(rights(&authorizer), "DeleteApp");
    }
}

#[tokio::test]
async fn not_modified_for_ever_confirms_only_what_was_returned() {
    for is_archive in [true, false] {
        let setup = Setup::start(is_archive).await;
        let authorizer = setup.authorizer().await;
        setup.publish("DeleteApp", 2);
        setup.server.set(Behavior::NotModified);
        for _ in 0..20 {
            setup.clock.advance(MINUTE);
            assert_eq!(authorizer.refresh().await, Ok(Refreshed::Unchanged));
        }
        assert_eq!(authorizer.freshness().state, FreshnessState::Fresh);
        assert_eq!(rights(&authorizer), "GetApp");
        // A request without a condition does not get this response from a server that works.
        let built = setup.builder(setup.source()).build_async().await;
        assert!(built.is_err());
    }
}

#[tokio::test]
async fn not_modified_for_ever_does_not_confirm_a_signed_set_that_has_expired() {
    for is_archive in [true, false] {
        let (setup, time) = (Setup::start(is_archive).await, TimeOfDay::noon());
        let now = time.clone();
        let source = Signed::new(setup.source(), key(1).verification_key());
        let built = setup.builder(source.with_time(move || now.get()));
        let (authorizer, _refresher) = built.build_async().await.unwrap();
        setup.server.set(Behavior::NotModified);
        assert_eq!(authorizer.refresh().await, Ok(Refreshed::Unchanged));
        time.set(time.get() + DAY);
        setup.clock.advance(10 * MINUTE);
        let error = unavailable(authorizer.refresh().await);
        assert!(error.contains("has expired"), "{error}");
        assert_eq!(rights(&authorizer), "");
    }
}

#[tokio::test]
async fn responses_that_fail_leave_the_policies_until_they_expire() {
    let cases = [
        Behavior::CutHeaders,
        Behavior::CutBody(1),
        Behavior::CutBody(30),
        Behavior::CutBody(usize::MAX),
        Behavior::NoLength,
        // A page in place of the set.
        Behavior::Status(200),
        Behavior::Status(302),
        Behavior::Status(401),
        Behavior::Status(403),
        Behavior::Status(404),
        Behavior::Status(412),
        Behavior::Status(429),
        Behavior::Status(500),
        Behavior::Status(503),
    ];
    for is_archive in [true, false] {
        for behavior in cases {
            let setup = Setup::start(is_archive).await;
            let authorizer = setup.authorizer().await;
            // A set that is not known, so that its body is read.
            setup.publish("*", 2);
            setup.server.set(behavior);
            let outcome = authorizer.refresh().await;
            assert!(outcome.is_err(), "{behavior:?}");
            let error = unavailable(outcome);
            assert!(error.starts_with("HttpStore/p/p"), "{behavior:?}: {error}");
            assert_eq!(rights(&authorizer), "GetApp", "{behavior:?}");
            setup.clock.advance(10 * MINUTE);
            unavailable(authorizer.refresh().await);
            assert_eq!(rights(&authorizer), "", "{behavior:?}: expired");
            setup.server.set(Behavior::Usual);
            assert_eq!(
                authorizer.refresh().await,
                Ok(Refreshed::Changed),
                "{behavior:?}"
            );
            assert_eq!(rights(&authorizer), "GetApp DeleteApp", "{behavior:?}");
        }
    }
}

#[tokio::test]
async fn slow_responses_end_with_the_timeout() {
    for is_archive in [true, false] {
        for behavior in [Behavior::Hangs, Behavior::HangsInBody] {
            let setup = Setup::start(is_archive).await;
            let authorizer = setup.authorizer().await;
            setup.publish("*", 2);
            setup.server.set(behavior);
            let refresh = authorizer.clone();
            let refresh = tokio::spawn(async move { refresh.refresh().await });
            while setup.server.requests().is_empty() {
                tokio::task::yield_now().await;
            }
            setup.clock.advance(TIMEOUT);
            let error = unavailable(refresh.await.unwrap());
            assert!(error.contains("did not respond within 10s"), "{error}");
            assert_eq!(rights(&authorizer), "GetApp");
        }
    }
}

#[tokio::test]
async fn a_server_that_is_down_is_used_again_when_it_is_back() {
    let free = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let mut setup = Setup::start(true).await;
    setup.server.address = free.local_addr().unwrap();
    let kept = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join("http-last-good");
    let _ = fs::remove_file(&kept);
    let build = || setup.builder(setup.source()).last_good(&kept).build_async();
    let running = setup.server.accept(free);
    drop(build().await.unwrap());
    // The listener is closed: connections are refused.
    running.abort();
    let _ = running.await;
    let without = setup.builder(setup.source()).build_async().await;
    assert!(without.is_err(), "without a last good set");
    let (authorizer, _refresher) = build().await.unwrap();
    assert_eq!(rights(&authorizer), "GetApp");
    assert_eq!(authorizer.freshness().state, FreshnessState::Stale);
    unavailable(authorizer.refresh().await);
    // The last good set has the ETag, which the server confirms.
    let listener = TcpListener::bind(setup.server.address).await.unwrap();
    drop(setup.server.accept(listener));
    setup.server.requests();
    assert_eq!(authorizer.refresh().await, Ok(Refreshed::Unchanged));
    assert_eq!(setup.server.requests(), [("/p/p.tar.gz".to_owned(), true)]);
    assert_eq!(authorizer.freshness().state, FreshnessState::Fresh);
    setup.publish("DeleteApp", 2);
    assert_eq!(authorizer.refresh().await, Ok(Refreshed::Changed));
    assert_eq!(rights(&authorizer), "DeleteApp");
    fs::remove_file(kept).unwrap();
}
