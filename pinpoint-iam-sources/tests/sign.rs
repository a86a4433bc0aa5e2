//! The program `pinpoint-iam-sign`.

#![allow(
    clippy::indexing_slicing,
    clippy::panic,
    clippy::string_slice,
    clippy::unwrap_used,
    reason = "a test whose set-up fails has failed"
)]

#[allow(dead_code)]
mod common;

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};
use std::time::SystemTime;

use pinpoint_iam_sources::{MANIFEST, Manifest, SIGNATURE};

use self::common::{DAY, key, policies};

/// A directory of policies, with files that are not policies.
fn directory(test: &str) -> PathBuf {
    let directory = Path::new(env!("CARGO_TARGET_TMPDIR")).join(test);
    let _ = fs::remove_dir_all(&directory);
    fs::create_dir_all(directory.join("old.json.d")).unwrap();
    for (name, text) in policies("GetApp").iter() {
        fs::write(directory.join(name), text).unwrap();
    }
    fs::write(directory.join("README.md"), "not signed").unwrap();
    fs::write(directory.join(".ana.json.swp"), "not signed").unwrap();
    fs::write(directory.join(".hidden.json"), "not signed").unwrap();
    directory
}

fn run(arguments: &[&str]) -> Output {
    let program = env!("CARGO_BIN_EXE_pinpoint-iam-sign");
    Command::new(program).args(arguments).output().unwrap()
}

/// The private key of `key(1)`.
const KEY: &str = "-----BEGIN PRIVATE KEY-----
MC4CAQAwBQYDK2VwBCIEIAEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEB
-----END PRIVATE KEY-----
";

#[test]
fn a_directory_is_signed() {
    let directory = directory("a_directory_is_signed");
    let path = directory.to_str().unwrap();
    let key_file = directory.join("key.pem");
    fs::write(&key_file, KEY).unwrap();
    let before = SystemTime::now() - std::time::Duration::from_secs(1);
    let output = run(&[
        path,
        "--revision",
        "7",
        "--rolls-back",
        "9",
        "--days",
        "2",
        "--key",
        key_file.to_str().unwrap(),
    ]);
    assert!(output.status.success(), "{output:?}");
    assert_eq!(
        String::from_utf8_lossy(&output.stdout),
        "revision 7 with 2 files\n"
    );

    let text = fs::read_to_string(directory.join(MANIFEST)).unwrap();
    let manifest = Manifest::parse(&text).unwrap();
    assert_eq!((manifest.revision(), manifest.rolls_back()), (7, Some(9)));
    assert!(manifest.created() >= before && manifest.created() <= SystemTime::now());
    assert_eq!(
        manifest
            .expires()
            .duration_since(manifest.created())
            .unwrap(),
        2 * DAY
    );
    let expected = Manifest::new(&policies("GetApp"), 7, manifest.created(), 2 * DAY).unwrap();
    assert_eq!(manifest, expected.rolling_back(9).unwrap());
    let signature = fs::read_to_string(directory.join(SIGNATURE)).unwrap();
    assert_eq!(signature, key(1).sign(&text));
}

#[test]
fn a_manifest_can_be_written_without_a_key() {
    let directory = directory("a_manifest_can_be_written");
    let output = run(&[directory.to_str().unwrap(), "--revision", "7"]);
    assert!(output.status.success(), "{output:?}");
    assert!(directory.join(MANIFEST).exists());
    assert!(!directory.join(SIGNATURE).exists());
}

#[test]
fn errors_name_the_argument_or_the_file() {
    let directory = directory("errors_name");
    let path = directory.to_str().unwrap();
    for (arguments, expected) in [
        (vec![], "a directory is missing; see --help"),
        (vec![path], "--revision is missing; see --help"),
        (vec![path, "--revision", "x"], "x"),
        (
            vec![path, "more", "--revision", "1"],
            "unexpected argument \"more\"",
        ),
        (
            vec![path, "--revision", "7", "--rolls-back", "7"],
            "which is not older",
        ),
        (
            vec![path, "--revision", "7", "--days", "0"],
            "expires before it is created",
        ),
        (
            vec![path, "--revision", "7", "--key", "none.pem"],
            "none.pem: ",
        ),
        (vec!["no-directory", "--revision", "7"], "no-directory: "),
    ] {
        let output = run(&arguments);
        let error = String::from_utf8_lossy(&output.stderr).into_owned();
        assert!(!output.status.success(), "{arguments:?}");
        assert!(error.contains(expected), "{arguments:?}: {error}");
        // Nothing is written in parts.
        assert!(!directory.join(MANIFEST).exists(), "{arguments:?}");
    }
    fs::write(directory.join("latin.json"), b"\xE9").unwrap();
    let output = run(&[path, "--revision", "7"]);
    assert!(
        String::from_utf8_lossy(&output.stderr).contains("latin.json"),
        "{output:?}"
    );
    let help = run(&["--help"]);
    assert!(help.status.success());
    assert!(String::from_utf8_lossy(&help.stdout).contains("example: pinpoint-iam-sign"));
}
