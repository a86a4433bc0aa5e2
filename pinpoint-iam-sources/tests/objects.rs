//! Sets in object storage: in memory, in a directory, and on an HTTP server. Time is simulated.

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

use std::fmt;
use std::fs;
use std::path::PathBuf;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use async_trait::async_trait;
use futures_util::stream::{BoxStream, StreamExt, pending};
use object_store::local::LocalFileSystem;
use object_store::memory::InMemory;
use object_store::path::Path;
use object_store::{
    CopyOptions, Error, GetOptions, GetResult, GetResultPayload, ListResult, MultipartUpload,
    ObjectMeta, ObjectStore, ObjectStoreExt, PutMultipartOptions, PutOptions, PutPayload,
    PutResult, Result,
};
use pinpoint_iam::freshness::FreshnessState;
use pinpoint_iam::source::PolicyFiles;
use pinpoint_iam::testing::SimulatedClock;
use pinpoint_iam::{Authorizer, AuthorizerBuilder, RefreshError, Refreshed, Refresher};
use pinpoint_iam_sources::{MANIFEST, ObjectSource, SetLimits, Signed, object_store};

use self::archives::archive;
use self::common::{TimeOfDay, key, manifest, policies, rights, scope, sign, with};

const MINUTE: Duration = Duration::from_secs(60);

/// The longest manifest that is read, in bytes.
const MAX_MANIFEST: usize = 8 << 20;

/// What a store does in place of a request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Fault {
    /// Every request fails.
    Down,
    /// Every request gets "not modified", whether it was conditional or not.
    NotModified,
    /// Requests are never answered.
    Hangs,
    /// The first bytes arrive, and then nothing.
    Stalls,
    /// The body is shorter than its length.
    Cut,
    /// The body has a hundred times its length.
    Long,
    /// Objects have no ETag, and conditions are ignored.
    NoEtags,
    /// Conditions are ignored.
    Unconditional,
}

/// A store in memory that counts requests and can be faulty.
#[derive(Debug, Default)]
struct Store {
    objects: InMemory,
    fault: Mutex<Option<Fault>>,
    requests: AtomicUsize,
    /// The parts of bodies that were read.
    chunks: Arc<AtomicUsize>,
    /// Called before the request with this number.
    #[allow(clippy::type_complexity)]
    meanwhile: Mutex<Vec<(usize, String, String)>>,
}

impl Store {
    fn new() -> Arc<Self> {
        Arc::default()
    }

    async fn put_all(&self, prefix: &str, files: &PolicyFiles) {
        for (name, text) in files.iter() {
            self.put_text(&format!("{prefix}/{name}"), text).await;
        }
    }

    async fn put_text(&self, path: &str, text: &str) {
        self.put_bytes(path, text.as_bytes().to_vec()).await;
    }

    async fn put_bytes(&self, path: &str, bytes: Vec<u8>) {
        self.objects
            .put(&Path::from(path), bytes.into())
            .await
            .unwrap();
    }

    fn set(&self, fault: impl Into<Option<Fault>>) {
        *self.fault.lock().unwrap() = fault.into();
    }

    /// The number of requests since the last call.
    fn requests(&self) -> usize {
        self.requests.swap(0, Ordering::Relaxed)
    }

    /// Writes an object directly before the request with this number.
    fn write_before(&self, request: usize, path: &str, text: &str) {
        let change = (request, path.to_owned(), text.to_owned());
        self.meanwhile.lock().unwrap().push(change);
    }
}

impl fmt::Display for Store {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("Store")
    }
}

#[async_trait]
impl ObjectStore for Store {
    async fn put_opts(
        &self,
        path: &Path,
        payload: PutPayload,
        options: PutOptions,
    ) -> Result<PutResult> {
        self.objects.put_opts(path, payload, options).await
    }

    async fn put_multipart_opts(
        &self,
        path: &Path,
        options: PutMultipartOptions,
    ) -> Result<Box<dyn MultipartUpload>> {
        self.objects.put_multipart_opts(path, options).await
    }

    async fn get_opts(&self, path: &Path, options: GetOptions) -> Result<GetResult> {
        let number = self.requests.fetch_add(1, Ordering::Relaxed) + 1;
        let due: Vec<_> = {
            let mut meanwhile = self.meanwhile.lock().unwrap();
            meanwhile
                .extract_if(.., |(request, ..)| *request == number)
                .collect()
        };
        for (_, path, text) in due {
            self.put_text(&path, &text).await;
        }
        let fault = *self.fault.lock().unwrap();
        let failed = || Error::Generic {
            store: "Store",
            source: "connection refused".into(),
        };
        let options = match fault {
            Some(Fault::Down) => return Err(failed()),
            Some(Fault::NotModified) => {
                return Err(Error::NotModified {
                    path: path.to_string(),
                    source: "304".into(),
                });
            }
            Some(Fault::Hangs) => return std::future::pending().await,
            Some(Fault::NoEtags | Fault::Unconditional) => GetOptions::new(),
            _ => options,
        };
        let mut found = self.objects.get_opts(path, options).await?;
        if fault == Some(Fault::NoEtags) {
            found.meta.e_tag = None;
        }
        if fault == Some(Fault::Long) {
            let (meta, range) = (found.meta.clone(), found.range.clone());
            let (bytes, chunks) = (found.bytes().await?, Arc::clone(&self.chunks));
            let parts = futures_util::stream::repeat_with(move || {
                chunks.fetch_add(1, Ordering::Relaxed);
                Ok(bytes.clone())
            });
            return Ok(GetResult {
                payload: GetResultPayload::Stream(parts.take(100).boxed()),
                meta,
                range,
                attributes: Default::default(),
                extensions: Default::default(),
            });
        }
        if let Some(Fault::Stalls | Fault::Cut) = fault {
            let (meta, range) = (found.meta.clone(), found.range.clone());
            let bytes = found.bytes().await?;
            let part = futures_util::stream::iter([Ok(bytes.slice(..bytes.len() / 2))]);
            let stream = match fault {
                Some(Fault::Stalls) => part.chain(pending()).boxed(),
                _ => part.boxed(),
            };
            return Ok(GetResult {
                payload: GetResultPayload::Stream(stream),
                meta,
                range,
                attributes: Default::default(),
                extensions: Default::default(),
            });
        }
        Ok(found)
    }

    fn delete_stream(
        &self,
        paths: BoxStream<'static, Result<Path>>,
    ) -> BoxStream<'static, Result<Path>> {
        self.objects.delete_stream(paths)
    }

    fn list(&self, prefix: Option<&Path>) -> BoxStream<'static, Result<ObjectMeta>> {
        self.objects.list(prefix)
    }

    async fn list_with_delimiter(&self, prefix: Option<&Path>) -> Result<ListResult> {
        self.objects.list_with_delimiter(prefix).await
    }

    async fn copy_opts(&self, from: &Path, to: &Path, options: CopyOptions) -> Result<()> {
        self.objects.copy_opts(from, to, options).await
    }
}

fn builder(
    source: impl pinpoint_iam::source::AsyncPolicySource,
    clock: &SimulatedClock,
) -> AuthorizerBuilder {
    Authorizer::builder()
        .scope(scope())
        .async_source(source)
        .poll_interval(MINUTE)
        .fetch_timeout(Duration::from_secs(10))
        .max_age(10 * MINUTE)
        .clock(clock.clone())
}

async fn start(source: ObjectSource, clock: &SimulatedClock) -> (Authorizer, Refresher) {
    builder(source, clock).build_async().await.unwrap()
}

/// Files with a manifest, which is not signed.
fn listed(action: &str, revision: u64) -> PolicyFiles {
    let files = policies(action);
    let manifest = manifest(&files, revision, TimeOfDay::noon().get());
    with(&files, MANIFEST, &manifest.to_text())
}

/// An archive in a store, and a service that has loaded it.
async fn with_archive() -> (Arc<Store>, Authorizer, SimulatedClock) {
    let (store, clock) = (Store::new(), SimulatedClock::new());
    store
        .put_bytes("p.tar.gz", archive(&policies("GetApp")))
        .await;
    let (authorizer, _) = start(ObjectSource::archive(store.clone(), "p.tar.gz"), &clock).await;
    assert_eq!(rights(&authorizer), "GetApp");
    store.requests();
    (store, authorizer, clock)
}

/// The same for objects with a prefix.
async fn with_prefix() -> (Arc<Store>, Authorizer, SimulatedClock) {
    let (store, clock) = (Store::new(), SimulatedClock::new());
    store.put_all("p", &listed("GetApp", 1)).await;
    let (authorizer, _) = start(ObjectSource::prefix(store.clone(), "p"), &clock).await;
    assert_eq!(rights(&authorizer), "GetApp");
    store.requests();
    (store, authorizer, clock)
}

fn unavailable(outcome: Result<Refreshed, RefreshError>) -> String {
    match outcome {
        Err(RefreshError::Unavailable(error)) => error.to_string(),
        other => panic!("{other:?}"),
    }
}

#[tokio::test]
async fn an_unchanged_set_costs_one_request() {
    for (store, authorizer, _) in [with_archive().await, with_prefix().await] {
        for _ in 0..3 {
            assert_eq!(authorizer.refresh().await, Ok(Refreshed::Unchanged));
            assert_eq!(store.requests(), 1);
        }
    }
}

#[tokio::test]
async fn a_new_set_is_used() {
    let (store, authorizer, _) = with_archive().await;
    store
        .put_bytes("p.tar.gz", archive(&policies("DeleteApp")))
        .await;
    assert_eq!(authorizer.refresh().await, Ok(Refreshed::Changed));
    assert_eq!(rights(&authorizer), "DeleteApp");
    assert_eq!(store.requests(), 1);

    let (store, authorizer, _) = with_prefix().await;
    store.put_all("p", &listed("DeleteApp", 2)).await;
    assert_eq!(authorizer.refresh().await, Ok(Refreshed::Changed));
    assert_eq!(rights(&authorizer), "DeleteApp");
    // The manifest, two files, and the signature, which does not exist.
    assert_eq!(store.requests(), 4);
    assert_eq!(authorizer.refresh().await, Ok(Refreshed::Unchanged));
}

#[tokio::test]
async fn stores_without_etags_or_conditions_are_read_again() {
    for fault in [Fault::NoEtags, Fault::Unconditional] {
        let (store, authorizer, _) = with_archive().await;
        store.set(fault);
        let first = authorizer.refresh().await;
        assert!(first.is_ok(), "{fault:?}: {first:?}");
        assert_eq!(
            authorizer.refresh().await,
            Ok(Refreshed::Unchanged),
            "{fault:?}"
        );
        store
            .put_bytes("p.tar.gz", archive(&policies("DeleteApp")))
            .await;
        assert_eq!(
            authorizer.refresh().await,
            Ok(Refreshed::Changed),
            "{fault:?}"
        );
        assert_eq!(rights(&authorizer), "DeleteApp");
    }
}

#[tokio::test]
async fn a_store_that_is_down_keeps_the_policies_until_they_expire() {
    for (store, authorizer, clock) in [with_archive().await, with_prefix().await] {
        store.set(Fault::Down);
        clock.advance(5 * MINUTE);
        let error = unavailable(authorizer.refresh().await);
        assert!(error.contains("connection refused"), "{error}");
        assert!(error.starts_with("Store/p"), "{error}");
        assert_eq!(rights(&authorizer), "GetApp");
        assert_eq!(authorizer.freshness().state, FreshnessState::Stale);
        clock.advance(5 * MINUTE);
        assert_eq!(rights(&authorizer), "");
        store.set(None);
        assert_eq!(authorizer.refresh().await, Ok(Refreshed::Unchanged));
        assert_eq!(rights(&authorizer), "GetApp");
    }
}

#[tokio::test]
async fn a_store_that_is_down_at_the_start_is_replaced_by_the_last_good_set() {
    let path = directory("a_store_that_is_down_at_the_start").join("last-good");
    let (store, clock) = (Store::new(), SimulatedClock::new());
    store
        .put_bytes("p.tar.gz", archive(&policies("GetApp")))
        .await;
    let source = ObjectSource::archive(store.clone(), "p.tar.gz");
    let start = || {
        builder(source.clone(), &clock)
            .last_good(&path)
            .build_async()
    };
    drop(start().await.unwrap());
    store.set(Fault::Down);
    let (authorizer, _) = start().await.unwrap();
    assert_eq!(rights(&authorizer), "GetApp");
    assert_eq!(authorizer.freshness().state, FreshnessState::Stale);
    // The last good set has the ETag, so that the store confirms it with one request.
    store.set(None);
    store.requests();
    assert_eq!(authorizer.refresh().await, Ok(Refreshed::Unchanged));
    assert_eq!(store.requests(), 1);
    assert_eq!(authorizer.freshness().state, FreshnessState::Fresh);
    // Without a last good set, the service does not start.
    store.set(Fault::Down);
    let none = builder(source.clone(), &clock).build_async().await;
    assert!(none.unwrap_err().to_string().contains("connection refused"));
}

#[tokio::test]
async fn not_modified_for_ever_confirms_only_what_was_returned() {
    let (store, authorizer, clock) = with_archive().await;
    store.set(Fault::NotModified);
    for _ in 0..20 {
        clock.advance(MINUTE);
        assert_eq!(authorizer.refresh().await, Ok(Refreshed::Unchanged));
    }
    assert_eq!(authorizer.freshness().state, FreshnessState::Fresh);
    // A request without a condition cannot get this response.
    let source = ObjectSource::archive(store.clone(), "p.tar.gz");
    let error = builder(source, &clock).build_async().await.unwrap_err();
    assert!(error.to_string().contains("not modified"), "{error}");
}

#[tokio::test]
async fn not_modified_for_ever_does_not_confirm_a_signed_set_that_has_expired() {
    let (store, clock, time) = (Store::new(), SimulatedClock::new(), TimeOfDay::noon());
    let files = policies("GetApp");
    let signed = sign(&files, &manifest(&files, 1, time.get()), &key(1));
    store.put_all("p", &signed).await;
    let source = Signed::new(
        ObjectSource::prefix(store.clone(), "p"),
        key(1).verification_key(),
    );
    let now = time.clone();
    let build = builder(source.with_time(move || now.get()), &clock).build_async();
    let (authorizer, _) = build.await.unwrap();
    assert_eq!(authorizer.refresh().await, Ok(Refreshed::Unchanged));
    time.set(time.get() + common::DAY);
    clock.advance(10 * MINUTE);
    assert!(unavailable(authorizer.refresh().await).contains("has expired"));
    assert_eq!(rights(&authorizer), "");
}

#[tokio::test]
async fn a_signed_archive_is_used_and_a_forged_one_is_not() {
    let (store, clock, time) = (Store::new(), SimulatedClock::new(), TimeOfDay::noon());
    let signed = |action: &str, revision, by: u8| {
        let files = policies(action);
        archive(&sign(
            &files,
            &manifest(&files, revision, time.get()),
            &key(by),
        ))
    };
    store.put_bytes("p.tar.gz", signed("GetApp", 1, 1)).await;
    let source = ObjectSource::archive(store.clone(), "p.tar.gz");
    let source = Signed::new(source, key(1).verification_key());
    let now = time.clone();
    let build = builder(source.with_time(move || now.get()), &clock).build_async();
    let (authorizer, _) = build.await.unwrap();
    for (what, bytes) in [
        ("another key", signed("*", 2, 2)),
        ("no signature", archive(&policies("*"))),
        ("an older revision", signed("*", 0, 1)),
    ] {
        store.put_bytes("p.tar.gz", bytes).await;
        let outcome = authorizer.refresh().await;
        assert!(
            matches!(outcome, Err(RefreshError::Rejected(_))),
            "{what}: {outcome:?}"
        );
        assert_eq!(rights(&authorizer), "GetApp", "{what}");
    }
    store.put_bytes("p.tar.gz", signed("DeleteApp", 2, 1)).await;
    assert_eq!(authorizer.refresh().await, Ok(Refreshed::Changed));
    assert_eq!(rights(&authorizer), "DeleteApp");
}

#[tokio::test]
async fn slow_responses_end_with_the_timeout() {
    for fault in [Fault::Hangs, Fault::Stalls] {
        for (store, authorizer, clock) in [with_archive().await, with_prefix().await] {
            // A new set, so that its body is read.
            store
                .put_bytes("p.tar.gz", archive(&policies("DeleteApp")))
                .await;
            store.put_all("p", &listed("DeleteApp", 2)).await;
            store.set(fault);
            let refresh = authorizer.clone();
            let refresh = tokio::spawn(async move { refresh.refresh().await });
            while store.requests() == 0 {
                tokio::task::yield_now().await;
            }
            // The timeout began before the request.
            clock.advance(Duration::from_secs(10));
            let error = unavailable(refresh.await.unwrap());
            assert!(
                error.contains("did not respond within 10s"),
                "{fault:?}: {error}"
            );
            assert_eq!(rights(&authorizer), "GetApp");
        }
    }
}

#[tokio::test]
async fn a_body_that_is_cut_is_not_used() {
    for (store, authorizer, _) in [with_archive().await, with_prefix().await] {
        store
            .put_bytes("p.tar.gz", archive(&policies("DeleteApp")))
            .await;
        store.put_all("p", &listed("DeleteApp", 2)).await;
        store.set(Fault::Cut);
        let error = unavailable(authorizer.refresh().await);
        assert!(error.contains("does not have the length"), "{error}");
        assert_eq!(rights(&authorizer), "GetApp");
    }
}

#[tokio::test]
async fn an_archive_that_was_stored_in_part_is_not_used() {
    let (store, authorizer, _) = with_archive().await;
    let bytes = archive(&policies("DeleteApp"));
    for length in [0, 1, 20, bytes.len() / 2, bytes.len() - 1] {
        store.put_bytes("p.tar.gz", bytes[..length].to_vec()).await;
        let error = unavailable(authorizer.refresh().await);
        assert!(error.starts_with("Store/p.tar.gz: "), "{error}");
        assert_eq!(rights(&authorizer), "GetApp");
    }
    store.put_bytes("p.tar.gz", bytes).await;
    assert_eq!(authorizer.refresh().await, Ok(Refreshed::Changed));
}

#[tokio::test]
async fn a_missing_object_is_an_error_with_its_path() {
    let clock = SimulatedClock::new();
    for (source, expected) in [
        (
            ObjectSource::archive(Store::new(), "p.tar.gz"),
            "Store/p.tar.gz: does not exist",
        ),
        (
            ObjectSource::prefix(Store::new(), "p"),
            "Store/p/policies.manifest: does not exist",
        ),
    ] {
        let error = builder(source, &clock).build_async().await.unwrap_err();
        assert!(error.to_string().contains(expected), "{error}");
    }
}

#[tokio::test]
async fn a_set_that_is_published_while_it_is_read_is_read_again() {
    let (store, authorizer, _) = with_prefix().await;
    let (second, third) = (listed("DeleteApp", 2), listed("*", 3));
    store.put_all("p", &second).await;
    // The next version arrives between the manifest and a file.
    store.write_before(2, "p/ana.json", third.get("ana.json").unwrap());
    store.write_before(2, "p/policies.manifest", third.get(MANIFEST).unwrap());
    assert_eq!(authorizer.refresh().await, Ok(Refreshed::Changed));
    assert_eq!(rights(&authorizer), "GetApp DeleteApp");
}

#[tokio::test]
async fn a_set_that_stays_half_published_is_not_used() {
    let (store, authorizer, _) = with_prefix().await;
    let next = listed("DeleteApp", 2);
    // Only the manifest has been written.
    store
        .put_text("p/policies.manifest", next.get(MANIFEST).unwrap())
        .await;
    let error = unavailable(authorizer.refresh().await);
    assert!(
        error.contains("has another checksum or length for `ana.json`"),
        "{error}"
    );
    // Three attempts, each of which reads the manifest and at least one file.
    assert!((6..=9).contains(&store.requests()));
    assert_eq!(rights(&authorizer), "GetApp");
    // A listed file does not exist, or is longer.
    for text in [None, Some("x".repeat(10_000))] {
        match text {
            None => store
                .objects
                .delete(&Path::from("p/ana.json"))
                .await
                .unwrap(),
            Some(text) => store.put_text("p/ana.json", &text).await,
        }
        let error = unavailable(authorizer.refresh().await);
        assert!(error.starts_with("Store/p/ana.json: "), "{error}");
    }
    store.put_all("p", &next).await;
    assert_eq!(authorizer.refresh().await, Ok(Refreshed::Changed));
    assert_eq!(rights(&authorizer), "DeleteApp");
}

#[tokio::test]
async fn objects_that_the_manifest_does_not_list_are_not_read() {
    let (store, authorizer, _) = with_prefix().await;
    store.put_text("p/more.json", "{").await;
    assert_eq!(authorizer.refresh().await, Ok(Refreshed::Unchanged));
    store.put_all("p", &listed("DeleteApp", 2)).await;
    assert_eq!(authorizer.refresh().await, Ok(Refreshed::Changed));
    assert_eq!(rights(&authorizer), "DeleteApp");
}

#[tokio::test]
async fn a_manifest_cannot_name_objects_elsewhere() {
    let (store, authorizer, _) = with_prefix().await;
    let text = listed("DeleteApp", 2)
        .get(MANIFEST)
        .unwrap()
        .replace("ana.json", "../ana.json");
    store.put_text("p/policies.manifest", &text).await;
    let error = unavailable(authorizer.refresh().await);
    assert!(
        error.contains("`../ana.json` cannot be the name"),
        "{error}"
    );
    assert_eq!(store.requests(), 1);
}

#[tokio::test]
async fn sets_have_limits() {
    let (store, clock) = (Store::new(), SimulatedClock::new());
    let bytes = archive(&policies("GetApp"));
    let length = bytes.len() as u64;
    store.put_bytes("p.tar.gz", bytes).await;
    store.put_all("p", &listed("GetApp", 1)).await;
    let few = SetLimits::default().with_files(1);
    for (source, expected) in [
        (
            ObjectSource::archive(store.clone(), "p.tar.gz")
                .with_limits(SetLimits::default().with_bytes(length - 1)),
            "is larger than the limit",
        ),
        (
            ObjectSource::archive(store.clone(), "p.tar.gz")
                .with_limits(SetLimits::default().with_bytes(length)),
            "is larger than",
        ),
        (
            ObjectSource::archive(store.clone(), "p.tar.gz").with_limits(few),
            "more than 1 files",
        ),
        (
            ObjectSource::prefix(store.clone(), "p").with_limits(few),
            "or 1 files",
        ),
        (
            ObjectSource::prefix(store.clone(), "p")
                .with_limits(SetLimits::default().with_bytes(100)),
            "lists more than 100 bytes",
        ),
    ] {
        let error = builder(source, &clock).build_async().await.unwrap_err();
        assert!(error.to_string().contains(expected), "{expected}: {error}");
    }
}

/// An object that is too large is not read, and one that is larger than the store states is not read to its end.
#[tokio::test]
async fn memory_is_bounded_whatever_a_store_states() {
    let (store, clock) = (Store::new(), SimulatedClock::new());
    let bytes = archive(&policies("GetApp"));
    let length = bytes.len() as u64;
    store.put_bytes("p.tar.gz", bytes).await;
    store.set(Fault::Long);
    for (limit, expected) in [(length - 1, 0), (length, 2), (3 * length, 4)] {
        let limits = SetLimits::default().with_bytes(limit);
        let source = ObjectSource::archive(store.clone(), "p.tar.gz").with_limits(limits);
        let error = builder(source, &clock).build_async().await.unwrap_err();
        assert!(error.to_string().contains("is larger than"), "{error}");
        assert_eq!(store.chunks.swap(0, Ordering::Relaxed), expected, "{limit}");
    }
}

#[tokio::test]
async fn manifests_and_signatures_have_limits() {
    let (store, authorizer, _) = with_prefix().await;
    let signature = "p/policies.manifest.sig";
    store.put_all("p", &listed("DeleteApp", 2)).await;
    store.put_text(signature, &"x".repeat(1_025)).await;
    let error = unavailable(authorizer.refresh().await);
    assert!(
        error.starts_with("Store/p/policies.manifest.sig: is larger"),
        "{error}"
    );
    // Only `Signed` reads its content.
    store.put_text(signature, &"x".repeat(1_024)).await;
    assert_eq!(authorizer.refresh().await, Ok(Refreshed::Changed));
    let manifest = " ".repeat(MAX_MANIFEST + 1);
    store.put_text("p/policies.manifest", &manifest).await;
    let error = unavailable(authorizer.refresh().await);
    assert!(
        error.starts_with("Store/p/policies.manifest: is larger"),
        "{error}"
    );
    assert_eq!(rights(&authorizer), "DeleteApp");
}

#[tokio::test]
async fn a_last_good_set_of_another_path_is_not_used() {
    let path = directory("a_last_good_set_of_another_path").join("last-good");
    let (store, clock) = (Store::new(), SimulatedClock::new());
    store
        .put_bytes("p.tar.gz", archive(&policies("GetApp")))
        .await;
    let start = |object: &str| {
        let source = ObjectSource::archive(store.clone(), object);
        builder(source, &clock).last_good(&path).build_async()
    };
    drop(start("p.tar.gz").await.unwrap());
    store.set(Fault::Down);
    let error = start("other.tar.gz").await.unwrap_err().to_string();
    assert!(
        error.contains("is from another source: `Store/p.tar.gz`"),
        "{error}"
    );
    assert!(start("p.tar.gz").await.is_ok());
}

/// A publisher has written the manifest before a file, which arrives while the set is read.
#[tokio::test]
async fn a_file_that_does_not_exist_yet_is_waited_for() {
    let (store, authorizer, _) = with_prefix().await;
    let next = listed("DeleteApp", 2);
    store
        .objects
        .delete(&Path::from("p/ana.json"))
        .await
        .unwrap();
    store
        .put_text("p/policies.manifest", next.get(MANIFEST).unwrap())
        .await;
    // The first request is for the manifest, and the second one for this file.
    store.write_before(3, "p/ana.json", next.get("ana.json").unwrap());
    assert_eq!(authorizer.refresh().await, Ok(Refreshed::Changed));
    assert_eq!(rights(&authorizer), "DeleteApp");
}

/// An empty directory for one test.
fn directory(test: &str) -> PathBuf {
    let directory = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join(test);
    let _ = fs::remove_dir_all(&directory);
    fs::create_dir_all(&directory).unwrap();
    directory
}

#[tokio::test]
async fn local_files_are_a_store() {
    let directory = directory("local_files_are_a_store");
    let write = |files: &PolicyFiles| {
        for (name, text) in files.iter() {
            fs::write(directory.join(name), text).unwrap();
        }
    };
    write(&listed("GetApp", 1));
    let store = Arc::new(LocalFileSystem::new_with_prefix(&directory).unwrap());
    let clock = SimulatedClock::new();
    let (authorizer, _) = start(ObjectSource::prefix(store.clone(), ""), &clock).await;
    assert_eq!(rights(&authorizer), "GetApp");
    assert_eq!(authorizer.refresh().await, Ok(Refreshed::Unchanged));
    write(&listed("DeleteApp", 22));
    assert_eq!(authorizer.refresh().await, Ok(Refreshed::Changed));
    assert_eq!(rights(&authorizer), "DeleteApp");

    fs::write(directory.join("p.tar"), archive(&policies("GetApp"))).unwrap();
    let (authorizer, _) = start(ObjectSource::archive(store, "p.tar"), &clock).await;
    assert_eq!(rights(&authorizer), "GetApp");
    assert_eq!(authorizer.refresh().await, Ok(Refreshed::Unchanged));
}

#[tokio::test]
async fn a_new_set_is_used_although_it_cannot_be_kept() {
    let path = directory("a_new_set_is_used_although").join("missing/last-good");
    let (store, clock) = (Store::new(), SimulatedClock::new());
    store
        .put_bytes("p.tar.gz", archive(&policies("GetApp")))
        .await;
    let source = ObjectSource::archive(store.clone(), "p.tar.gz");
    let build = builder(source, &clock).last_good(path).build_async();
    let (authorizer, _) = build.await.unwrap();
    assert_eq!(rights(&authorizer), "GetApp");
    assert_eq!(authorizer.refresh_counts().last_good_failures, 1);
}
