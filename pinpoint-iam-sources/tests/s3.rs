//! Sets in a bucket of a real server with the interface of S3. Time is simulated.

#![cfg(unix)]
#![allow(
    clippy::indexing_slicing,
    clippy::panic,
    clippy::unwrap_used,
    reason = "a test whose set-up fails has failed"
)]

// Each test binary uses a part.
#[path = "common/archive.rs"]
mod archives;
#[allow(dead_code)]
mod common;

use std::fs;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use moto_server::Server;
use object_store::aws::{AmazonS3, AmazonS3Builder};
use object_store::{ObjectStoreExt, RetryConfig};
use pinpoint_iam::freshness::FreshnessState;
use pinpoint_iam::testing::SimulatedClock;
use pinpoint_iam::{Authorizer, AuthorizerBuilder, RefreshCounts, RefreshError, Refreshed};
use pinpoint_iam_sources::{ObjectSource, object_store};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};

use self::archives::archive;
use self::common::{TimeOfDay, key, manifest, policies, rights, scope, sign};

const MINUTE: Duration = Duration::from_secs(60);
const TIMEOUT: Duration = Duration::from_secs(10);

/// What happens to the responses of the server on their way.
#[derive(Clone, Copy, PartialEq)]
enum Network {
    Works,
    /// Nothing arrives.
    Hangs,
    /// Only this number of bytes arrives, and then nothing.
    Stalls(usize),
    /// The connection is closed after this number of bytes.
    Cuts(usize),
}

/// The network between the source and the server.
#[derive(Clone)]
struct Proxy {
    address: SocketAddr,
    network: Arc<Mutex<Network>>,
    /// The first line of each request, with whether it is conditional.
    requests: Arc<Mutex<Vec<(String, bool)>>>,
}

impl Proxy {
    async fn to(server: SocketAddr) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let proxy = Self {
            address: listener.local_addr().unwrap(),
            network: Arc::new(Mutex::new(Network::Works)),
            requests: Arc::default(),
        };
        let accepting = proxy.clone();
        tokio::spawn(async move {
            loop {
                let (client, _) = listener.accept().await.unwrap();
                let own = accepting.clone();
                tokio::spawn(async move { own.forward(client, server).await });
            }
        });
        proxy
    }

    fn set(&self, network: Network) {
        *self.network.lock().unwrap() = network;
    }

    /// The requests since the last call.
    fn requests(&self) -> Vec<(String, bool)> {
        std::mem::take(&mut *self.requests.lock().unwrap())
    }

    async fn forward(&self, mut client: TcpStream, server: SocketAddr) {
        // The connection of the client is closed if the server is down.
        let Ok(mut server) = TcpStream::connect(server).await else {
            return;
        };
        let (mut request, mut response) = (vec![0; 65_536], vec![0; 65_536]);
        let mut passed = 0;
        loop {
            tokio::select! {
                read = client.read(&mut request) => {
                    let Ok(length @ 1..) = read else { return };
                    let text = String::from_utf8_lossy(&request[..length]).into_owned();
                    let line = text.lines().next().unwrap_or_default().to_owned();
                    let is_conditional = text.to_ascii_lowercase().contains("if-none-match");
                    self.requests.lock().unwrap().push((line, is_conditional));
                    passed = 0;
                    if server.write_all(&request[..length]).await.is_err() {
                        return;
                    }
                }
                read = server.read(&mut response) => {
                    let Ok(length @ 1..) = read else { return };
                    let network = *self.network.lock().unwrap();
                    let most = match network {
                        Network::Works => usize::MAX,
                        Network::Hangs => 0,
                        Network::Stalls(most) | Network::Cuts(most) => most,
                    };
                    let now = length.min(most - passed.min(most));
                    passed += length;
                    if client.write_all(&response[..now]).await.is_err() {
                        return;
                    }
                    if now < length && matches!(network, Network::Cuts(_)) {
                        return;
                    }
                }
            }
        }
    }
}

/// A client of the bucket `policies`, without repetitions of its own.
fn bucket(address: SocketAddr) -> AmazonS3 {
    // An error means that another test has installed it.
    let _ = rustls::crypto::ring::default_provider().install_default();
    AmazonS3Builder::new()
        .with_endpoint(format!("http://{address}"))
        .with_allow_http(true)
        .with_region("us-east-1")
        .with_bucket_name("policies")
        .with_access_key_id("test")
        .with_secret_access_key("test")
        .with_retry(RetryConfig {
            max_retries: 0,
            ..RetryConfig::default()
        })
        .build()
        .unwrap()
}

/// The directory of the server's program.
fn directory() -> PathBuf {
    PathBuf::from(env!("CARGO_TARGET_TMPDIR"))
}

/// A server with the bucket, and the network to it.
struct Setup {
    moto: Server,
    proxy: Proxy,
    clock: SimulatedClock,
}

impl Setup {
    async fn start() -> Option<Self> {
        let moto = Server::start(&directory()).unwrap()?;
        moto.create_bucket("policies").unwrap();
        let proxy = Proxy::to(moto.address()).await;
        let clock = SimulatedClock::new();
        Some(Self { moto, proxy, clock })
    }

    async fn publish(&self, bytes: Vec<u8>) {
        let path = object_store::path::Path::from("p.tar.gz");
        let bucket = bucket(self.moto.address());
        bucket.put(&path, bytes.into()).await.unwrap();
    }

    fn source(&self) -> ObjectSource {
        let bucket = Arc::new(bucket(self.proxy.address));
        ObjectSource::archive(bucket, "p.tar.gz")
    }

    fn builder(&self, source: ObjectSource) -> AuthorizerBuilder {
        Authorizer::builder()
            .scope(scope())
            .async_source(source)
            .fetch_timeout(TIMEOUT)
            .max_age(10 * MINUTE)
            .clock(self.clock.clone())
    }

    async fn authorizer(&self) -> Authorizer {
        let built = self.builder(self.source()).build_async().await;
        built.unwrap().0
    }
}

/// A path for a last good set, without a file.
fn last_good(name: &str) -> PathBuf {
    let path = Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("s3-{name}"));
    let _ = fs::remove_file(&path);
    path
}

fn unavailable(outcome: Result<Refreshed, RefreshError>) -> String {
    match outcome {
        Err(RefreshError::Unavailable(error)) => error.to_string(),
        other => panic!("{other:?}"),
    }
}

#[tokio::test]
async fn a_poll_without_a_change_is_one_conditional_request() {
    let Some(setup) = Setup::start().await else {
        return;
    };
    setup.publish(archive(&policies("GetApp"))).await;
    let authorizer = setup.authorizer().await;
    assert_eq!(rights(&authorizer), "GetApp");
    let first = authorizer.freshness().revision;
    assert!(first.as_str().starts_with("etag:"), "{first}");
    let line = "GET /policies/p.tar.gz HTTP/1.1".to_owned();
    assert_eq!(setup.proxy.requests(), [(line.clone(), false)]);

    assert_eq!(authorizer.refresh().await, Ok(Refreshed::Unchanged));
    assert_eq!(setup.proxy.requests(), [(line, true)]);

    // The same content has the same ETag.
    setup.publish(archive(&policies("GetApp"))).await;
    assert_eq!(authorizer.refresh().await, Ok(Refreshed::Unchanged));
    setup.publish(archive(&policies("DeleteApp"))).await;
    assert_eq!(authorizer.refresh().await, Ok(Refreshed::Changed));
    assert_eq!(rights(&authorizer), "DeleteApp");
    assert_ne!(authorizer.freshness().revision, first);
    let counts = authorizer.refresh_counts();
    assert_eq!((counts.unchanged, counts.changed), (2, 2));
}

#[tokio::test]
async fn a_set_of_objects_is_read_as_its_manifest_states() {
    let Some(setup) = Setup::start().await else {
        return;
    };
    let publish = async |action: &str, revision: u64| {
        let files = policies(action);
        let listed = manifest(&files, revision, TimeOfDay::noon().get());
        let signed = sign(&files, &listed, &key(1));
        let bucket = bucket(setup.moto.address());
        for (name, text) in signed.iter() {
            let path = object_store::path::Path::from(format!("p/{name}"));
            bucket.put(&path, text.to_owned().into()).await.unwrap();
        }
    };
    publish("GetApp", 1).await;
    let source = ObjectSource::prefix(Arc::new(bucket(setup.proxy.address)), "p");
    let (authorizer, _refresher) = setup.builder(source).build_async().await.unwrap();
    assert_eq!(rights(&authorizer), "GetApp");
    setup.proxy.requests();
    assert_eq!(authorizer.refresh().await, Ok(Refreshed::Unchanged));
    let line = "GET /policies/p/policies.manifest HTTP/1.1".to_owned();
    assert_eq!(setup.proxy.requests(), [(line, true)]);
    publish("DeleteApp", 2).await;
    assert_eq!(authorizer.refresh().await, Ok(Refreshed::Changed));
    assert_eq!(rights(&authorizer), "DeleteApp");
    // An object that is not the one of the manifest.
    let path = object_store::path::Path::from("p/ana.json");
    let other = policies("GetApp").get("ana.json").unwrap().to_owned();
    let stored = bucket(setup.moto.address());
    stored.put(&path, other.into()).await.unwrap();
    // The manifest is the one that is known, so nothing is read.
    assert_eq!(authorizer.refresh().await, Ok(Refreshed::Unchanged));
    publish("GetApp", 3).await;
    stored.put(&path, "{}".into()).await.unwrap();
    let error = unavailable(authorizer.refresh().await);
    assert!(error.contains("ana.json"), "{error}");
    assert_eq!(rights(&authorizer), "DeleteApp");
}

#[tokio::test]
async fn a_server_that_is_down_at_the_start_is_replaced_by_the_last_good_set() {
    let Some(setup) = Setup::start().await else {
        return;
    };
    setup.publish(archive(&policies("GetApp"))).await;
    let kept = last_good("down");
    let build = || setup.builder(setup.source()).last_good(&kept).build_async();
    drop(build().await.unwrap());
    let Setup { moto, .. } = &setup;
    let address = moto.address();
    // The network to a server that does not run.
    setup.proxy.set(Network::Cuts(0));
    let without = setup.builder(setup.source()).build_async().await;
    assert!(without.is_err(), "without a last good set");
    let (authorizer, _refresher) = build().await.unwrap();
    assert_eq!(rights(&authorizer), "GetApp");
    assert_eq!(authorizer.freshness().state, FreshnessState::Stale);
    let _ = address;
    setup.proxy.set(Network::Works);
    setup.publish(archive(&policies("DeleteApp"))).await;
    assert_eq!(authorizer.refresh().await, Ok(Refreshed::Changed));
    assert_eq!(rights(&authorizer), "DeleteApp");
    assert_eq!(authorizer.freshness().state, FreshnessState::Fresh);
    fs::remove_file(kept).unwrap();
}

#[tokio::test]
async fn a_server_that_stops_later_is_used_again_when_it_is_back() {
    let Some(mut setup) = Setup::start().await else {
        return;
    };
    setup.publish(archive(&policies("GetApp"))).await;
    let authorizer = setup.authorizer().await;
    let address = setup.moto.address();
    drop(setup.moto);
    unavailable(authorizer.refresh().await);
    setup.clock.advance(10 * MINUTE - Duration::from_secs(1));
    unavailable(authorizer.refresh().await);
    assert_eq!(rights(&authorizer), "GetApp");
    setup.clock.advance(Duration::from_secs(1));
    assert_eq!(rights(&authorizer), "", "the policies have expired");

    setup.moto = Server::start_again(&directory(), address).unwrap();
    // The bucket was in the memory of the server.
    let error = unavailable(authorizer.refresh().await);
    assert!(error.contains("p.tar.gz"), "{error}");
    assert_eq!(rights(&authorizer), "", "a missing bucket confirms nothing");
    setup.moto.create_bucket("policies").unwrap();
    let error = unavailable(authorizer.refresh().await);
    assert!(error.contains("does not exist"), "{error}");
    setup.publish(archive(&policies("GetApp"))).await;
    assert_eq!(authorizer.refresh().await, Ok(Refreshed::Unchanged));
    assert_eq!(rights(&authorizer), "GetApp");
    let RefreshCounts { unavailable, .. } = authorizer.refresh_counts();
    assert_eq!(unavailable, 4);
}

#[tokio::test]
async fn slow_responses_end_with_the_timeout() {
    let Some(setup) = Setup::start().await else {
        return;
    };
    setup.publish(archive(&policies("GetApp"))).await;
    let authorizer = setup.authorizer().await;
    setup.publish(archive(&policies("DeleteApp"))).await;
    // No response, a part of the headers, and a part of the body.
    for network in [Network::Hangs, Network::Stalls(20), Network::Stalls(400)] {
        setup.proxy.requests();
        setup.proxy.set(network);
        let refresh = authorizer.clone();
        let refresh = tokio::spawn(async move { refresh.refresh().await });
        while setup.proxy.requests.lock().unwrap().is_empty() {
            tokio::task::yield_now().await;
        }
        setup.clock.advance(TIMEOUT);
        let error = unavailable(refresh.await.unwrap());
        assert!(error.contains("did not respond within 10s"), "{error}");
        assert_eq!(rights(&authorizer), "GetApp");
    }
    setup.proxy.set(Network::Works);
    assert_eq!(authorizer.refresh().await, Ok(Refreshed::Changed));
    assert_eq!(rights(&authorizer), "DeleteApp");
}

#[tokio::test]
async fn a_cut_archive_is_never_used() {
    let Some(setup) = Setup::start().await else {
        return;
    };
    setup.publish(archive(&policies("GetApp"))).await;
    let authorizer = setup.authorizer().await;
    let whole = archive(&policies("DeleteApp"));
    // Cut before the upload: the server has a complete object that is a part of an archive.
    for length in [0, 1, whole.len() / 2, whole.len() - 8, whole.len() - 1] {
        setup.publish(whole[..length].to_vec()).await;
        assert!(authorizer.refresh().await.is_err(), "{length}");
        assert_eq!(rights(&authorizer), "GetApp", "{length}");
    }
    // Cut on the way.
    setup.publish(whole).await;
    for length in [0, 20, 400] {
        setup.proxy.set(Network::Cuts(length));
        unavailable(authorizer.refresh().await);
        assert_eq!(rights(&authorizer), "GetApp", "{length}");
    }
    setup.proxy.set(Network::Works);
    assert_eq!(authorizer.refresh().await, Ok(Refreshed::Changed));
    assert_eq!(rights(&authorizer), "DeleteApp");
}
