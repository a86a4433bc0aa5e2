//! Tests of policies in a directory.

#![expect(
    clippy::unwrap_used,
    reason = "tests fail by panicking, also in the functions that they share"
)]

use std::fs;
use std::path::{Path, PathBuf};

use pinpoint_iam::source::{Directory, PolicySource as _, SourceError};

/// Creates a directory for the test `name` that contains `document`, which is not attached.
fn directory(name: &str, document: &str) -> PathBuf {
    let path = Path::new(env!("CARGO_TARGET_TMPDIR")).join(name);
    fs::create_dir_all(&path).unwrap();
    fs::write(path.join("document.json"), document).unwrap();
    fs::write(path.join("attachments.json"), "{}").unwrap();
    path
}

fn load(path: &Path) -> Result<(), SourceError> {
    Directory::open(path)?.load().map(|_| ())
}

/// The quota applies in AWS. A service that stores its own policies does not have it.
#[test]
fn a_document_may_be_longer_than_those_of_aws() {
    let document = |action: &str| {
        format!(
            r#"{{"Version":"2012-10-17","Statement":{{"Sid":"{}","Effect":"Allow","Action":"{action}","Resource":"*"}}}}"#,
            "a".repeat(7000)
        )
    };
    let path = directory("long", &document("mobiletargeting:GetApp"));
    assert_eq!(load(&path), Ok(()));
}

#[test]
fn a_document_must_be_an_identity_based_policy() {
    let path = directory(
        "no-resource",
        r#"{"Statement":{"Effect":"Allow","Action":"*"}}"#,
    );
    let error = load(&path).unwrap_err();
    assert_eq!(error.path(), path.join("document.json"));
    assert_eq!(error.position(), Some((1, 14)));
    assert_eq!(
        error.message(),
        "the statement has no `Resource` or `NotResource`; the policy of a user, group or role has one of them"
    );
}
