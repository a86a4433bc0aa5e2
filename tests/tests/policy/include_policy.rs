//! `include_policy!` where it is used: what it gives, and what makes cargo build the crate again.

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

/// Cargo builds a crate again when a file changes that rustc lists in the notes beside what it has built.
///
/// `listed.json` is used by nothing else, so that only the macro can have brought it into the notes.
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
