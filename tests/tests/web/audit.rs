//! The audit of handlers that are mounted manually, with sources that are parsed and never built.

#![expect(clippy::unwrap_used, reason = "a test whose set-up fails has failed")]

use std::path::{Path, PathBuf};

use pinpoint_iam::testing::{Audit, audit};

fn sources(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("audit")
        .join(name)
}

/// Returns the findings as `file:line handler`, in the order of the text.
fn findings(name: &str) -> Vec<String> {
    let faults = audit(sources(name)).unwrap_err();
    let mut found: Vec<String> = faults.iter().map(ToString::to_string).collect();
    found.sort();
    found
}

/// Returns the marked lines of a source: those that end in a comment about an omission.
fn marked(name: &str, file: &str) -> Vec<String> {
    let text = std::fs::read_to_string(sources(name).join(file)).unwrap();
    let marks = [
        "says nothing",
        "not mounted",
        "a closure",
        "cannot be followed",
        "another crate",
    ];
    (1..)
        .zip(text.lines())
        .filter(|(_, line)| {
            let comment = line.split_once(" // ").map(|(_, comment)| comment);
            comment.is_some_and(|comment| marks.iter().any(|mark| comment.contains(mark)))
        })
        .map(|(number, _)| format!("{file}:{number}:"))
        .collect()
}

fn assert_found_where_marked(name: &str, files: &[&str]) {
    let found = findings(name);
    let mut expected: Vec<String> = files.iter().flat_map(|file| marked(name, file)).collect();
    expected.sort();
    assert!(!expected.is_empty());
    let places: Vec<&str> = found
        .iter()
        .filter_map(|found| found.split_inclusive(' ').next())
        .map(str::trim_end)
        .collect();
    assert_eq!(places, expected, "{found:#?}");
}

#[test]
fn omissions_are_found_at_their_positions() {
    assert_found_where_marked(
        "forgotten",
        &[
            "src/main.rs",
            "src/api/mod.rs",
            "src/api/campaigns.rs",
            "src/helpers.rs",
        ],
    );
}

#[test]
fn findings_name_the_handler_and_a_remedy() {
    let found = findings("forgotten");
    for expected in [
        "`crate::delete_app` has a declaration but is not mounted; mount it or remove it",
        "`crate::api::campaigns::get_apps` has a declaration but is not mounted",
        "`crate::api::create_app` is mounted with neither `#[requires(..)]` nor `#[public(..)]`; add one of them",
        "`crate::api::from_glob` is mounted with neither",
        "`crate::not_found` is mounted with neither",
        "`variable` cannot be followed to a function",
        "`other_crate::handler` is a handler of another crate",
        "is a closure, which cannot say who may call it",
    ] {
        assert!(
            found.iter().any(|found| found.contains(expected)),
            "{expected} in {found:#?}"
        );
    }
}

#[test]
fn actix_is_read_too() {
    assert_found_where_marked("actix", &["src/lib.rs"]);
}

#[test]
fn what_is_complete_passes() {
    audit(sources("complete")).unwrap();
    audit(Path::new(env!("CARGO_MANIFEST_DIR")).join("renamed")).unwrap();
}

#[test]
fn what_cannot_be_read_does_not_pass() {
    let found = findings("broken");
    assert_eq!(found.len(), 2, "{found:?}");
    assert!(
        found[0].starts_with("src/lib.rs:1: `crate::missing` is a module whose file was not found")
    );
    assert!(
        found[1].starts_with("src/unreadable.rs:1: `this file` cannot be read"),
        "{found:?}"
    );
    let nowhere = findings("nowhere");
    assert!(
        nowhere[0].contains("has neither `src/lib.rs` nor `src/main.rs`"),
        "{nowhere:?}"
    );
}

#[test]
fn exceptions_are_named_and_needed() {
    let faults = Audit::of(sources("actix"))
        .except("crate::open")
        .except("crate::unguarded")
        .except("crate::health")
        .check()
        .unwrap_err();
    let found: Vec<String> = faults
        .iter()
        .map(|fault| fault.handler().to_owned())
        .collect();
    assert_eq!(
        found,
        ["|| async { \"open\" }", "crate::health"],
        "{faults}"
    );
    assert!(
        faults
            .to_string()
            .contains("an exception that nothing needs"),
        "{faults}"
    );
}
