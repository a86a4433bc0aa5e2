//! The complete generated module of a tiny catalog, for review: a change of the generator appears here as a diff.

use std::path::Path;

use pinpoint_iam_catalog::{Catalog, SourceFile, render};

#[test]
fn the_generated_module_is_the_golden_one() {
    let directory = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/golden");
    let text = std::fs::read_to_string(directory.join("shelf.toml")).unwrap();
    let catalog = Catalog::load([SourceFile::new("shelf.toml", text)]).unwrap();
    let rendered = render(catalog.service("shelf").unwrap());

    let golden = directory.join("shelf.rs");
    if std::fs::read_to_string(&golden).ok().as_deref() != Some(&rendered) {
        std::fs::write(&golden, rendered).unwrap();
        panic!(
            "{} was stale and has been written anew; review and commit it",
            golden.display()
        );
    }
}

/// rustc rejects these characters in comments.
#[test]
fn comments_contain_no_characters_that_the_compiler_rejects() {
    let directory = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/golden");
    let text = std::fs::read_to_string(directory.join("shelf.toml")).unwrap();
    let hidden = ['\u{202a}', '\u{202e}', '\u{2066}', '\u{2069}'];
    let written: String = hidden
        .iter()
        .map(|character| format!("\\u{:04x}", u32::from(*character)))
        .collect();
    let text = text.replace("summary = \"", &format!("summary = \"{written} "));
    let catalog = Catalog::load([SourceFile::new("shelf.toml", text)]).unwrap();
    let rendered = render(catalog.service("shelf").unwrap());
    assert!(rendered.contains("\\u{202e}"), "{rendered}");
    assert!(!rendered.contains(hidden), "{rendered}");
}
