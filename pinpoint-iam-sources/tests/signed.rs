//! Signed sets: what is not exactly what the publisher signed, in its order and in time, is never used.

#![allow(
    clippy::indexing_slicing,
    clippy::panic,
    clippy::string_slice,
    clippy::unwrap_used,
    reason = "a test whose set-up fails has failed"
)]

// Each test binary uses a part.
#[allow(dead_code)]
mod common;

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use pinpoint_iam::freshness::{FreshnessState, Revision};
use pinpoint_iam::source::{
    AsyncPolicySource, FetchFuture, FetchRequest, Fetched, Layers, PolicyFiles, PolicySet,
    PolicyStore, SourceError, from_fn,
};
use pinpoint_iam::testing::SimulatedClock;
use pinpoint_iam::{Authorizer, AuthorizerBuilder, BuildError, RefreshError, Refreshed};
use pinpoint_iam_sources::{MANIFEST, SIGNATURE, Signed, SigningKey, VerificationKey};

use self::common::{DAY, TimeOfDay, key, manifest, policies, rights, scope, sign, with, without};

const MINUTE: Duration = Duration::from_secs(60);

/// What the store has: a revision with its set, nothing new, or nothing at all.
#[derive(Clone)]
enum Content {
    Set(PolicyFiles),
    Unchanged,
    Store,
    Down,
}

/// A store that contains what a test puts into it.
#[derive(Clone)]
struct Bucket(Arc<Mutex<(u64, Content)>>);

impl Bucket {
    fn new(files: PolicyFiles) -> Self {
        Self(Arc::new(Mutex::new((0, Content::Set(files)))))
    }

    fn put(&self, content: Content) {
        let mut bucket = self.0.lock().unwrap();
        *bucket = (bucket.0 + 1, content);
    }

    fn source(&self) -> impl AsyncPolicySource + use<> {
        let bucket = self.clone();
        from_fn("bucket", move |_| {
            let (etag, content) = bucket.0.lock().unwrap().clone();
            let revision = Revision::new(&etag.to_string());
            async move {
                match content {
                    Content::Set(files) => {
                        Ok(Fetched::Changed(PolicySet::from_files(revision, files)))
                    }
                    Content::Store => Ok(Fetched::Changed(PolicySet::from_store(
                        revision,
                        PolicyStore::new(),
                    ))),
                    Content::Unchanged => Ok(Fetched::Unchanged),
                    Content::Down => Err(SourceError::of_file(
                        "bucket".as_ref(),
                        "connection refused",
                    )),
                }
            }
        })
    }
}

struct Service {
    bucket: Bucket,
    authorizer: Authorizer,
    clock: SimulatedClock,
    time: TimeOfDay,
}

fn builder(source: impl AsyncPolicySource, clock: &SimulatedClock) -> AuthorizerBuilder {
    Authorizer::builder()
        .scope(scope())
        .async_source(source)
        .poll_interval(MINUTE)
        .max_age(10 * MINUTE)
        .clock(clock.clone())
}

/// The builder of a service with the key 1, at noon.
fn signed(bucket: &Bucket, time: &TimeOfDay, clock: &SimulatedClock) -> AuthorizerBuilder {
    let time = time.clone();
    let source = Signed::new(bucket.source(), key(1).verification_key());
    builder(source.with_time(move || time.get()), clock)
}

/// A service with revision 5, in which ana may get apps.
async fn started() -> Service {
    let (time, clock) = (TimeOfDay::noon(), SimulatedClock::new());
    let bucket = Bucket::new(set("GetApp", 5, None, &time));
    let (authorizer, _) = signed(&bucket, &time, &clock).build_async().await.unwrap();
    Service {
        bucket,
        authorizer,
        clock,
        time,
    }
}

/// A set that the key 1 has signed now.
fn set(action: &str, revision: u64, rolls_back: Option<u64>, time: &TimeOfDay) -> PolicyFiles {
    let files = policies(action);
    let mut manifest = manifest(&files, revision, time.get());
    if let Some(newest) = rolls_back {
        manifest = manifest.rolling_back(newest).unwrap();
    }
    sign(&files, &manifest, &key(1))
}

/// Publishes a set and returns why it is rejected, after checking that the set in use is the same as before.
async fn rejection(service: &Service, files: PolicyFiles) -> String {
    let before = (rights(&service.authorizer), service.authorizer.freshness());
    let rejected = service.authorizer.refresh_counts().rejected;
    service.bucket.put(Content::Set(files));
    let outcome = service.authorizer.refresh().await;
    let Err(RefreshError::Rejected(error)) = outcome else {
        panic!("{outcome:?}");
    };
    let after = (rights(&service.authorizer), service.authorizer.freshness());
    assert_eq!(after, before);
    assert_eq!(service.authorizer.refresh_counts().rejected, rejected + 1);
    error.to_string()
}

async fn publish(service: &Service, files: PolicyFiles) -> Result<Refreshed, RefreshError> {
    service.bucket.put(Content::Set(files));
    service.authorizer.refresh().await
}

#[tokio::test]
async fn a_signed_set_is_used() {
    let service = started().await;
    assert_eq!(rights(&service.authorizer), "GetApp");
    let next = set("DeleteApp", 6, None, &service.time);
    assert_eq!(publish(&service, next).await, Ok(Refreshed::Changed));
    assert_eq!(rights(&service.authorizer), "DeleteApp");
}

#[tokio::test]
async fn what_was_not_signed_is_rejected() {
    let service = started().await;
    let next = set("*", 6, None, &service.time);
    let bare = policies("*");
    let other = set("DeleteApp", 7, None, &service.time);
    let manifest_of_next = next.get(MANIFEST).unwrap();
    let forged = sign(&bare, &manifest(&bare, 6, service.time.get()), &key(2));
    for (what, files, expected) in [
        (
            "no signature",
            without(&next, SIGNATURE),
            "the set is not signed",
        ),
        (
            "no manifest",
            without(&next, MANIFEST),
            "the set is not signed",
        ),
        ("neither", bare.clone(), "the set is not signed"),
        (
            "another key",
            forged,
            "is not a signature of the manifest with a known key",
        ),
        (
            "the signature of another manifest",
            with(&next, SIGNATURE, other.get(SIGNATURE).unwrap()),
            "is not a signature of the manifest with a known key",
        ),
        (
            "a manifest with another byte",
            with(&next, MANIFEST, &format!("{manifest_of_next} ")),
            "is not a signature of the manifest with a known key",
        ),
        (
            "not base64",
            with(&next, SIGNATURE, "?"),
            "is not a signature: 64 bytes as base64",
        ),
        (
            "an empty signature",
            with(&next, SIGNATURE, ""),
            "is not a signature: 64 bytes",
        ),
        (
            "a huge signature",
            with(
                &next,
                SIGNATURE,
                &(next.get(SIGNATURE).unwrap().to_owned() + &" ".repeat(300)),
            ),
            "is not a signature: 64 bytes",
        ),
        (
            "another document",
            with(&next, "ana.json", other.get("ana.json").unwrap()),
            "has another checksum or length for `ana.json`",
        ),
        (
            "a further document",
            with(&next, "more.json", "{}"),
            "does not list `more.json`",
        ),
        (
            "a further file",
            with(&next, "README.md", ""),
            "does not list `README.md`",
        ),
        (
            "a missing document",
            without(&next, "ana.json"),
            "lists `ana.json`, which the set does not contain",
        ),
        (
            "missing attachments",
            without(&next, "attachments.json"),
            "lists `attachments.json`, which the set does not contain",
        ),
    ] {
        let error = rejection(&service, files).await;
        assert!(error.contains(expected), "{what}: {error}");
    }
    // None of them has used up the revision.
    assert_eq!(publish(&service, next).await, Ok(Refreshed::Changed));
}

#[tokio::test]
async fn a_manifest_of_something_else_is_rejected_although_it_is_signed() {
    let service = started().await;
    let files = policies("*");
    let text = r#"{"format": "another", "revision": 6}"#;
    let signed = with(&with(&files, MANIFEST, text), SIGNATURE, &key(1).sign(text));
    let error = rejection(&service, signed).await;
    assert!(
        error.contains("bucket/policies.manifest: is not a manifest"),
        "{error}"
    );
}

#[tokio::test]
async fn the_first_set_has_to_be_signed() {
    let (time, clock) = (TimeOfDay::noon(), SimulatedClock::new());
    let bucket = Bucket::new(policies("*"));
    let error = signed(&bucket, &time, &clock)
        .build_async()
        .await
        .unwrap_err();
    assert!(
        error.to_string().contains("the set is not signed"),
        "{error}"
    );
    bucket.put(Content::Store);
    let error = signed(&bucket, &time, &clock)
        .build_async()
        .await
        .unwrap_err();
    assert!(
        error
            .to_string()
            .contains("without files, which cannot be signed"),
        "{error}"
    );
}

/// A source that is never asked.
struct Unused {
    is_from_aws_account: bool,
}

impl AsyncPolicySource for Unused {
    fn name(&self) -> String {
        "unused".to_owned()
    }

    fn fetch<'a>(&'a self, _: FetchRequest<'a>) -> FetchFuture<'a> {
        Box::pin(async { Ok(Fetched::Unchanged) })
    }

    fn is_from_aws_account(&self) -> bool {
        self.is_from_aws_account
    }
}

/// Mistakes in policies that AWS has accepted are only warnings.
#[test]
fn a_signature_does_not_change_whose_policies_they_are() {
    for is_from_aws_account in [false, true] {
        let source = Unused {
            is_from_aws_account,
        };
        let signed = Signed::new(source, key(1).verification_key());
        assert_eq!(signed.is_from_aws_account(), is_from_aws_account);
    }
}

#[tokio::test]
async fn several_keys_allow_a_rotation() {
    let (time, clock) = (TimeOfDay::noon(), SimulatedClock::new());
    let bucket = Bucket::new(set("GetApp", 5, None, &time));
    let source = Signed::new(bucket.source(), key(2).verification_key());
    let now = time.clone();
    let source = source
        .or_key(key(1).verification_key())
        .with_time(move || now.get());
    let (authorizer, _) = builder(source, &clock).build_async().await.unwrap();
    let service = Service {
        bucket,
        authorizer,
        clock,
        time,
    };
    let files = policies("DeleteApp");
    let manifest = manifest(&files, 6, service.time.get());
    let by_new_key = sign(&files, &manifest, &key(2));
    assert_eq!(publish(&service, by_new_key).await, Ok(Refreshed::Changed));
    let error = rejection(&service, sign(&files, &manifest, &key(3))).await;
    assert!(error.contains("with a known key"), "{error}");
}

#[tokio::test]
async fn revisions_only_grow_unless_they_are_rolled_back() {
    /// The expected outcome after `steps`, each with its revision and the one that it rolls back.
    async fn case(steps: &[(u64, Option<u64>)], expected: &str) {
        let service = started().await;
        let (last, before) = steps.split_last().unwrap();
        for (revision, rolls_back) in before {
            let files = set("GetApp", *revision, *rolls_back, &service.time);
            assert_eq!(
                publish(&service, files).await,
                Ok(Refreshed::Changed),
                "{steps:?}"
            );
        }
        let files = set("DeleteApp", last.0, last.1, &service.time);
        match expected {
            "" => {
                assert_eq!(
                    publish(&service, files).await,
                    Ok(Refreshed::Changed),
                    "{steps:?}"
                );
                assert_eq!(rights(&service.authorizer), "DeleteApp");
            }
            _ => {
                let error = rejection(&service, files).await;
                assert!(error.contains(expected), "{steps:?}: {error}");
            }
        }
    }
    case(&[(6, None)], "").await;
    case(&[(u64::MAX, None)], "").await;
    case(&[(4, None)], "revision 4 is older than revision 5").await;
    case(&[(0, None)], "revision 0 is older than revision 5").await;
    case(&[(5, None)], "revision 5 is in use with other content").await;
    // A rollback names the newest revision.
    case(&[(4, Some(5))], "").await;
    case(&[(9, None), (4, Some(9))], "").await;
    case(
        &[(9, None), (4, Some(8))],
        "revision 4 is older than revision 9",
    )
    .await;
    // It may also name one that this service has missed.
    case(&[(4, Some(7))], "").await;
    // What was rolled back does not return.
    case(
        &[(9, None), (4, Some(9)), (9, None)],
        "revision 9 was rolled back to 4",
    )
    .await;
    case(
        &[(9, None), (4, Some(9)), (8, None)],
        "revision 8 is older than revision 9",
    )
    .await;
    case(
        &[(9, None), (4, Some(9)), (3, Some(9))],
        "revision 9 was already rolled back to 4",
    )
    .await;
    case(
        &[(9, None), (4, Some(9)), (4, None)],
        "revision 4 is older than revision 9",
    )
    .await;
    case(&[(9, None), (4, Some(9)), (3, Some(10))], "").await;
    case(&[(9, None), (4, Some(9)), (10, None)], "").await;
}

#[tokio::test]
async fn the_same_set_under_another_etag_is_used() {
    let service = started().await;
    let again = set("GetApp", 5, None, &service.time);
    assert_eq!(publish(&service, again).await, Ok(Refreshed::Changed));
}

#[tokio::test]
async fn a_set_that_is_rejected_does_not_use_up_its_revision() {
    let service = started().await;
    let invalid = with(&policies("GetApp"), "ana.json", "{");
    let invalid = sign(
        &invalid,
        &manifest(&invalid, 9, service.time.get()),
        &key(1),
    );
    service.bucket.put(Content::Set(invalid));
    assert!(service.authorizer.refresh().await.is_err());
    let next = set("DeleteApp", 7, None, &service.time);
    assert_eq!(publish(&service, next).await, Ok(Refreshed::Changed));
    assert_eq!(rights(&service.authorizer), "DeleteApp");
}

#[tokio::test]
async fn an_expired_set_is_rejected() {
    let service = started().await;
    let next = set("DeleteApp", 6, None, &service.time);
    service.time.set(service.time.get() + DAY);
    let error = rejection(&service, next.clone()).await;
    assert!(error.contains("has expired: it is valid until"), "{error}");
    // A clock that was set forward by mistake, and is correct again.
    service.time.set(service.time.get() - DAY);
    assert_eq!(publish(&service, next).await, Ok(Refreshed::Changed));
}

#[tokio::test]
async fn a_set_from_the_future_is_rejected() {
    let service = started().await;
    let next = set("DeleteApp", 6, None, &service.time);
    service.time.set(service.time.get() - 10 * MINUTE);
    let error = rejection(&service, next).await;
    assert!(error.contains("is from the future"), "{error}");
}

#[tokio::test]
async fn an_expired_set_in_use_is_not_confirmed_any_more() {
    let service = started().await;
    service.bucket.put(Content::Unchanged);
    assert_eq!(service.authorizer.refresh().await, Ok(Refreshed::Unchanged));
    service.time.set(service.time.get() + DAY);
    for minutes in [5, 5] {
        service.clock.advance(minutes * MINUTE);
        let outcome = service.authorizer.refresh().await;
        let Err(RefreshError::Unavailable(error)) = outcome else {
            panic!("{outcome:?}");
        };
        assert!(error.to_string().contains("has expired"), "{error}");
    }
    assert_eq!(
        service.authorizer.freshness().state,
        FreshnessState::Expired
    );
    assert_eq!(rights(&service.authorizer), "");
    // The same policies, published again.
    let again = set("GetApp", 6, None, &service.time);
    assert_eq!(publish(&service, again).await, Ok(Refreshed::Changed));
    assert_eq!(rights(&service.authorizer), "GetApp");
}

/// The time of day decides whether a set is valid, and the monotonic clock how old the policies are.
#[tokio::test]
async fn jumps_of_the_time_of_day_do_not_change_the_age() {
    let years = 10 * 365 * DAY;
    let noon = TimeOfDay::noon().get();
    for (time, reason) in [
        (noon + years, "has expired"),
        (noon - years, "is from the future"),
    ] {
        let service = started().await;
        let age = || service.authorizer.freshness().age;
        service.clock.advance(MINUTE);
        service.time.set(time);
        assert_eq!(age(), MINUTE);
        assert_eq!(rights(&service.authorizer), "GetApp");
        // A wrong clock neither confirms the policies nor lets them expire earlier.
        service.bucket.put(Content::Unchanged);
        let outcome = service.authorizer.refresh().await;
        let Err(RefreshError::Unavailable(error)) = outcome else {
            panic!("{outcome:?}");
        };
        assert!(error.to_string().contains(reason), "{error}");
        assert_eq!(age(), MINUTE);
        service.clock.advance(8 * MINUTE);
        assert_eq!(rights(&service.authorizer), "GetApp");
        service.clock.advance(MINUTE);
        assert_eq!(rights(&service.authorizer), "");
        // The clock is correct again.
        service.time.set(noon);
        assert_eq!(service.authorizer.refresh().await, Ok(Refreshed::Unchanged));
        assert_eq!(age(), Duration::ZERO);
        assert_eq!(rights(&service.authorizer), "GetApp");
    }
}

#[tokio::test]
async fn a_source_that_confirms_what_it_never_returned_is_not_believed() {
    let (time, clock) = (TimeOfDay::noon(), SimulatedClock::new());
    let bucket = Bucket::new(PolicyFiles::new());
    bucket.put(Content::Unchanged);
    let error = signed(&bucket, &time, &clock)
        .build_async()
        .await
        .unwrap_err();
    assert!(
        error
            .to_string()
            .contains("without having returned a signed set"),
        "{error}"
    );
}

/// The path of a last good set for one test.
fn last_good(test: &str) -> PathBuf {
    let directory = Path::new(env!("CARGO_TARGET_TMPDIR")).join(test);
    let _ = fs::remove_dir_all(&directory);
    fs::create_dir_all(&directory).unwrap();
    directory.join("last-good")
}

#[tokio::test]
async fn a_restart_remembers_the_newest_revision() {
    let (time, clock) = (TimeOfDay::noon(), SimulatedClock::new());
    let path = last_good("a_restart_remembers");
    let older = set("DeleteApp", 4, None, &time);
    let bucket = Bucket::new(set("GetApp", 5, None, &time));
    let start = || {
        signed(&bucket, &time, &clock)
            .last_good(&path)
            .build_async()
    };
    drop(start().await.unwrap());

    // The older set is rejected, and the service starts with the last good one.
    bucket.put(Content::Set(older.clone()));
    let (authorizer, _) = start().await.unwrap();
    assert_eq!(rights(&authorizer), "GetApp");
    assert_eq!(authorizer.freshness().state, FreshnessState::Stale);
    assert_eq!(authorizer.refresh_counts().rejected, 1);

    // The order is known although the last good set has expired.
    time.set(time.get() + 2 * DAY);
    let again = set("DeleteApp", 4, None, &time);
    bucket.put(Content::Set(again.clone()));
    let error = start().await.unwrap_err().to_string();
    assert!(
        error.contains("revision 4 is older than revision 5"),
        "{error}"
    );
    assert!(error.contains("has expired"), "{error}");

    // After a rollback, the revision that was rolled back does not return with a restart.
    bucket.put(Content::Set(set("DeleteApp", 4, Some(5), &time)));
    let (authorizer, _) = start().await.unwrap();
    assert_eq!(rights(&authorizer), "DeleteApp");
    bucket.put(Content::Set(set("GetApp", 5, None, &time)));
    let (authorizer, _) = start().await.unwrap();
    assert_eq!(rights(&authorizer), "DeleteApp");

    // Without the file, nothing is known.
    fs::remove_file(&path).unwrap();
    let (authorizer, _) = start().await.unwrap();
    assert_eq!(rights(&authorizer), "GetApp");
}

/// Replaces text in a last good set, with the checksum of the result.
fn forge(path: &Path, from: &str, to: &str) {
    use sha2_of_tests::hex;
    let text = fs::read_to_string(path).unwrap();
    let (header, content) = text.split_once('\n').unwrap();
    let (start, _) = header.rsplit_once(':').unwrap();
    let changed = content.replace(from, to);
    assert_ne!(changed, content);
    let sum = hex(changed.as_bytes());
    fs::write(path, format!("{start}:{sum}\n{changed}")).unwrap();
}

mod sha2_of_tests {
    use sha2::{Digest, Sha256};

    pub(crate) fn hex(bytes: &[u8]) -> String {
        let digits = Sha256::digest(bytes);
        digits.iter().map(|byte| format!("{byte:02x}")).collect()
    }
}

#[tokio::test]
async fn the_last_good_set_on_disk_has_to_be_signed_as_well() {
    let (time, clock) = (TimeOfDay::noon(), SimulatedClock::new());
    for (from, to, expected) in [
        (
            "mobiletargeting:GetApp",
            "mobiletargeting:Delete",
            "has another checksum",
        ),
        (
            r#""policies.manifest""#,
            r#""other.manifest""#,
            "the set is not signed",
        ),
        (
            r#""policies.manifest.sig","#,
            r#""other.sig","#,
            "the set is not signed",
        ),
        (
            r#"\"revision\": 5"#,
            r#"\"revision\": 6"#,
            "with a known key",
        ),
    ] {
        let path = last_good("the_last_good_set_on_disk");
        let bucket = Bucket::new(set("GetApp", 5, None, &time));
        let start = || {
            signed(&bucket, &time, &clock)
                .last_good(&path)
                .build_async()
        };
        drop(start().await.unwrap());
        bucket.put(Content::Down);
        let (authorizer, _) = start().await.unwrap();
        assert_eq!(rights(&authorizer), "GetApp");
        forge(&path, from, to);
        let error = start().await.unwrap_err();
        assert!(error.to_string().contains(expected), "{from}: {error}");
    }
}

#[tokio::test]
async fn an_unsigned_last_good_set_is_not_used() {
    let (time, clock) = (TimeOfDay::noon(), SimulatedClock::new());
    let path = last_good("an_unsigned_last_good_set");
    let bucket = Bucket::new(set("GetApp", 5, None, &time));
    let unsigned = builder(bucket.source(), &clock).last_good(&path);
    drop(unsigned.build_async().await.unwrap());
    let error = signed(&bucket, &time, &clock)
        .last_good(&path)
        .build_async()
        .await;
    let error = error.unwrap_err();
    assert!(matches!(error, BuildError::NoComparison(_)), "{error:?}");
    assert!(
        error
            .to_string()
            .contains("is from another source: `bucket`"),
        "{error}"
    );
    assert!(error.to_string().contains("remove the file"), "{error}");
}

#[tokio::test]
async fn each_layer_has_its_own_key_and_order() {
    let (time, clock) = (TimeOfDay::noon(), SimulatedClock::new());
    let path = last_good("each_layer");
    let boundary = |action: &str, revision| {
        let attachments =
            r#"{"users": {"arn:aws:iam::111122223333:user/ana": {"boundary": "ana.json"}}}"#;
        let files = with(&policies(action), "attachments.json", attachments);
        sign(&files, &manifest(&files, revision, time.get()), &key(2))
    };
    let organization = Bucket::new(boundary("GetApp", 1));
    let principals = Bucket::new(set("*", 5, None, &time));
    let start = || {
        let layer = |bucket: &Bucket, key: SigningKey| {
            let time = time.clone();
            Signed::new(bucket.source(), key.verification_key()).with_time(move || time.get())
        };
        let layers = Layers::new(layer(&organization, key(2)), layer(&principals, key(1)));
        builder(layers, &clock).last_good(&path).build_async()
    };
    let (authorizer, _) = start().await.unwrap();
    assert_eq!(rights(&authorizer), "GetApp");

    organization.put(Content::Set(boundary("*", 0)));
    let error = authorizer.refresh().await.unwrap_err();
    assert!(
        error
            .to_string()
            .contains("revision 0 is older than revision 1"),
        "{error}"
    );
    assert_eq!(rights(&authorizer), "GetApp");
    let (restarted, _) = start().await.unwrap();
    assert_eq!(rights(&restarted), "GetApp");

    // The key of the principals does not sign boundaries.
    let files = without(&without(&boundary("*", 2), MANIFEST), SIGNATURE);
    let by_principals = sign(&files, &manifest(&files, 2, time.get()), &key(1));
    organization.put(Content::Set(by_principals));
    let error = authorizer.refresh().await.unwrap_err();
    assert!(error.to_string().contains("with a known key"), "{error}");

    organization.put(Content::Set(boundary("DeleteApp", 2)));
    principals.put(Content::Set(set("*", 6, None, &time)));
    assert_eq!(authorizer.refresh().await, Ok(Refreshed::Changed));
    assert_eq!(rights(&authorizer), "DeleteApp");
}

const PUBLIC: &str = "-----BEGIN PUBLIC KEY-----
MCowBQYDK2VwAyEAfVMrvAcUXDhZW+6PEERiGYnIuYF2IwqYkyyvA8KOYOg=
-----END PUBLIC KEY-----
";
const SIGNED_BY_OPENSSL: &str = "/gfkiROxb4SknZRMUEh08VK6g9tp8m1/+fSYY3fXxK6fksfWS6cn9hsw1LbWwDC6
SJq18RTPRV7vIPEQ/KFRCA==
";

#[test]
fn keys_and_signatures_are_those_of_openssl() {
    let private = "-----BEGIN PRIVATE KEY-----
MC4CAQAwBQYDK2VwBCIEIP3Cj4jceyjNdpq2Op3ac3IQ9f82iaqYBaWkMIgmMag7
-----END PRIVATE KEY-----
";
    let key = SigningKey::from_pem(private).unwrap();
    assert_eq!(
        key.verification_key(),
        VerificationKey::from_pem(PUBLIC).unwrap()
    );
    let signature: String = SIGNED_BY_OPENSSL.split_whitespace().collect();
    assert_eq!(key.sign("a manifest\n").trim_end(), signature);
    assert_eq!(format!("{key:?}"), "SigningKey(..)");
}

#[tokio::test]
async fn a_signature_of_openssl_may_have_several_lines() {
    let service = started().await;
    let next = set("DeleteApp", 6, None, &service.time);
    let (first, second) = next.get(SIGNATURE).unwrap().split_at(64);
    let wrapped = with(&next, SIGNATURE, &format!("{first}\n{second}"));
    assert_eq!(publish(&service, wrapped).await, Ok(Refreshed::Changed));
}

#[test]
fn other_keys_are_rejected() {
    let body = PUBLIC.lines().nth(1).unwrap();
    let pem =
        |body: &str| format!("-----BEGIN PUBLIC KEY-----\n{body}\n-----END PUBLIC KEY-----\n");
    assert!(VerificationKey::from_pem(&pem(body)).is_ok());
    // The neutral element: every signature of it would be easy to forge.
    let weak = "MCowBQYDK2VwAyEAAQAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=";
    for (text, expected) in [
        (String::new(), "there is no `-----BEGIN PUBLIC KEY-----`"),
        (body.to_owned(), "there is no `-----BEGIN PUBLIC KEY-----`"),
        (
            pem(body).replace("PUBLIC", "PRIVATE"),
            "there is no `-----BEGIN PUBLIC KEY-----`",
        ),
        (pem(body) + &pem(body), "is not an Ed25519 key"),
        (pem(""), "is not an Ed25519 key"),
        (pem(&body.replace("K2Vw", "K2Vu")), "is not an Ed25519 key"),
        (pem(body.get(..56).unwrap()), "is not an Ed25519 key"),
        (pem(weak), "the bytes are not an Ed25519 public key"),
    ] {
        let error = VerificationKey::from_pem(&text).unwrap_err().to_string();
        assert!(error.contains(expected), "{text}: {error}");
    }
    let error = SigningKey::from_pem(PUBLIC).unwrap_err().to_string();
    assert!(
        error.contains("there is no `-----BEGIN PRIVATE KEY-----`"),
        "{error}"
    );
}
