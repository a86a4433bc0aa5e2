//! Sets of policies, keys and a time of day for tests.

use std::sync::{Arc, Mutex};
use std::time::{Duration, SystemTime};

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use pinpoint_iam::context::Context;
use pinpoint_iam::mobiletargeting::{App, DeleteApp, GetApp};
use pinpoint_iam::source::PolicyFiles;
use pinpoint_iam::{Authorizer, Principal, Scope};
use pinpoint_iam_sources::{MANIFEST, Manifest, SIGNATURE, SigningKey};

pub(crate) const DAY: Duration = Duration::from_secs(24 * 60 * 60);

/// The private key with these bytes, as OpenSSL writes it.
pub(crate) fn key(byte: u8) -> SigningKey {
    let mut der = vec![48, 46, 2, 1, 0, 48, 5, 6, 3, 43, 101, 112, 4, 34, 4, 32];
    der.extend([byte; 32]);
    let text = STANDARD.encode(der);
    let pem = format!("-----BEGIN PRIVATE KEY-----\n{text}\n-----END PRIVATE KEY-----\n");
    SigningKey::from_pem(&pem).unwrap()
}

/// Files with which ana may perform one action of Amazon Pinpoint.
pub(crate) fn policies(action: &str) -> PolicyFiles {
    let mut files = PolicyFiles::new();
    let document = format!(
        r#"{{"Version": "2012-10-17", "Statement": {{"Effect": "Allow", "Action": "mobiletargeting:{action}", "Resource": "*"}}}}"#
    );
    files.insert("ana.json", document).unwrap();
    let attachments =
        r#"{"users": {"arn:aws:iam::111122223333:user/ana": {"policies": ["ana.json"]}}}"#;
    files.insert("attachments.json", attachments).unwrap();
    files
}

/// The manifest of `policies` that is valid for a day from `created`.
pub(crate) fn manifest(files: &PolicyFiles, revision: u64, created: SystemTime) -> Manifest {
    Manifest::new(files, revision, created, DAY).unwrap()
}

/// A set with its manifest and signature.
pub(crate) fn sign(files: &PolicyFiles, manifest: &Manifest, key: &SigningKey) -> PolicyFiles {
    let text = manifest.to_text();
    let signature = key.sign(&text);
    let signed = with(files, MANIFEST, &text);
    with(&signed, SIGNATURE, &signature)
}

/// `files` with other content of one file.
pub(crate) fn with(files: &PolicyFiles, name: &str, text: &str) -> PolicyFiles {
    let mut changed = without(files, name);
    changed.insert(name, text).unwrap();
    changed
}

/// `files` without one file.
pub(crate) fn without(files: &PolicyFiles, removed: &str) -> PolicyFiles {
    let mut rest = PolicyFiles::new();
    let kept = files.iter().filter(|(name, _)| *name != removed);
    kept.for_each(|(name, text)| rest.insert(name, text).unwrap());
    rest
}

/// The deployment of all tests.
pub(crate) fn scope() -> Scope {
    Scope::new("aws", "us-east-1", "111122223333")
}

/// Which of two actions ana may perform.
pub(crate) fn rights(authorizer: &Authorizer) -> String {
    let ana = Principal::user(&scope(), "ana").unwrap();
    let context = Context::new();
    let guard = authorizer.guard(&ana, &context);
    let app = App::new("a1").unwrap();
    let mut rights = Vec::new();
    if guard.check(GetApp, &app).is_ok() {
        rights.push("GetApp");
    }
    if guard.check(DeleteApp, &app).is_ok() {
        rights.push("DeleteApp");
    }
    rights.join(" ")
}

/// A time of day that a test sets.
#[derive(Clone)]
pub(crate) struct TimeOfDay(Arc<Mutex<SystemTime>>);

impl TimeOfDay {
    /// 2026-11-29 12:00:00 UTC.
    pub(crate) fn noon() -> Self {
        let noon = SystemTime::UNIX_EPOCH + Duration::from_secs(1_795_953_600);
        Self(Arc::new(Mutex::new(noon)))
    }

    pub(crate) fn get(&self) -> SystemTime {
        *self.0.lock().unwrap()
    }

    pub(crate) fn set(&self, time: SystemTime) {
        *self.0.lock().unwrap() = time;
    }
}
