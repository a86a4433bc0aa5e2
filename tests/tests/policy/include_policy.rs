//! `include_policy!` in use: the document that it returns, and when cargo rebuilds the crate.

#![expect(clippy::unwrap_used, reason = "a test whose set-up fails has failed")]

use std::path::Path;
use std::{env, fs};

use pinpoint_iam::include_policy;
use pinpoint_iam::policy::Document;

#[test]
fn the_document_is_that_of_the_file() {
    let text = include_str!("../../ui/include_policy/pass/reader.json");
    let document = include_policy!("../../ui/include_policy/pass/reader.json");
    assert_eq!(document, Document::parse(text).unwrap());
}

/// Policies written by AWS: each statement has the form of one in a managed policy, including all unusual features.
#[test]
fn the_forms_of_managed_policies_pass_and_are_written_back() {
    let text = include_str!("../../fixtures/policies/as-aws-writes.json");
    let document = include_policy!("../../fixtures/policies/as-aws-writes.json");
    assert_stays_the_same(text, &document);
}

/// Policies that services store for their resources, which IAM would not accept.
#[test]
fn the_forms_of_resource_based_policies_pass_and_are_written_back() {
    let text = include_str!("../../fixtures/policies/as-services-store.json");
    let document = include_policy!(
        "../../fixtures/policies/as-services-store.json",
        kind = "resource"
    );
    assert_stays_the_same(text, &document);
    // If characters are escaped, the text contains only characters that IAM accepts.
    assert!(
        document
            .to_string()
            .chars()
            .all(|character| character <= '\u{ff}')
    );
}

fn assert_stays_the_same(text: &str, document: &Document) {
    assert_eq!(*document, Document::parse(text).unwrap());
    let json = |text: &str| -> serde_json::Value { serde_json::from_str(text).unwrap() };
    for written in [document.to_string(), document.to_string_pretty()] {
        assert_eq!(*document, Document::parse(&written).unwrap());
        assert_eq!(json(&written), json(text));
    }
}

/// Cargo rebuilds a crate if a file changes that rustc lists in the dependency file of its output.
///
/// Only the macro can have added `listed.json` to that file, because nothing else uses it.
#[test]
fn the_crate_is_built_again_when_the_file_changes() {
    let document = include_policy!("include_policy/listed.json");
    assert_eq!(document.statements().len(), 1);
    let notes = env::current_exe().unwrap().with_extension("d");
    let notes = fs::read_to_string(notes).unwrap();
    let listed = Path::new("include_policy").join("listed.json");
    let is_listed = notes.lines().any(|line| {
        line.strip_suffix(':')
            .is_some_and(|path| Path::new(path).ends_with(&listed))
    });
    assert!(is_listed, "{notes}");
}
