//! The output of a build script for catalogs with errors.

#![expect(clippy::unwrap_used, reason = "a test whose set-up fails has failed")]

use std::path::Path;
use std::process::{Command, ExitCode};
use std::{env, fs};

/// Set for the process that acts as the build script.
const AS_BUILD_SCRIPT: &str = "PINPOINT_IAM_TEST_AS_BUILD_SCRIPT";

/// The output of `build` for a package with these files, and whether it fails.
fn built(name: &str, files: &[(&str, &str)]) -> (String, bool) {
    let directory = Path::new(env!("CARGO_TARGET_TMPDIR")).join(name);
    let _ = fs::remove_dir_all(&directory);
    fs::create_dir_all(directory.join("catalog")).unwrap();
    fs::create_dir_all(directory.join("out")).unwrap();
    fs::write(
        directory.join("Cargo.toml"),
        "[package]\nname = \"shop\"\nversion = \"1.0.0\"\n",
    )
    .unwrap();
    for (file, text) in files {
        fs::write(directory.join(file), text).unwrap();
    }
    // Runs this test again, in place of a build script's `main`.
    let output = Command::new(env::current_exe().unwrap())
        .args(["--exact", "a_fault_is_printed_once", "--nocapture"])
        .env(AS_BUILD_SCRIPT, "1")
        .env("CARGO_MANIFEST_DIR", &directory)
        .env("OUT_DIR", directory.join("out"))
        .output()
        .unwrap();
    let text = [output.stdout, output.stderr].concat();
    (String::from_utf8(text).unwrap(), !output.status.success())
}

#[test]
fn a_fault_is_printed_once() {
    if env::var_os(AS_BUILD_SCRIPT).is_some() {
        let has_succeeded = pinpoint_iam_catalog::build() == ExitCode::SUCCESS;
        std::process::exit(if has_succeeded { 0 } else { 1 });
    }
    let sound = include_str!("faults/sound.toml");
    let (text, failed) = built("sound", &[("catalog/orders.toml", sound)]);
    assert!(!failed, "{text}");
    assert!(!text.contains("error"), "{text}");

    let faulty = sound.replace("success-status = 204", "success-status = 404");
    let (text, failed) = built("faulty", &[("catalog/orders.toml", &faulty)]);
    assert!(failed, "{text}");
    let message = "404 is not a success status";
    assert_eq!(text.matches(message).count(), 1, "{text}");
    assert!(text.contains("catalog/orders.toml:52:18"), "{text}");
    assert!(text.contains("= help: write a status"), "{text}");

    let (text, failed) = built("empty", &[]);
    assert!(failed, "{text}");
    let message = "error: the package has no catalog";
    assert_eq!(text.matches(message).count(), 1, "{text}");
}
