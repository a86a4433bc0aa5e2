//! The committed documents are what the catalog renders.

use std::path::{Path, PathBuf};
use std::{env, fs};

use pinpoint_iam::docs::{markdown, seen_table};
use pinpoint_iam::{mobileanalytics, mobiletargeting};

const SERVICES: [&pinpoint_iam::action::ServiceMetadata; 2] =
    [&mobiletargeting::SERVICE, &mobileanalytics::SERVICE];

/// What keeps the committed document from being `text`; `UPDATE_DOCS=1` in the environment writes it first.
fn fault(name: &str, text: &str) -> Option<String> {
    let path: PathBuf = Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("../docs")
        .join(name);
    if env::var_os("UPDATE_DOCS").is_some_and(|value| value == "1")
        && let Err(error) = fs::write(&path, text)
    {
        return Some(format!("{}: {error}", path.display()));
    }
    let committed = fs::read_to_string(&path).unwrap_or_default();
    if committed == text {
        return None;
    }
    let (mut old, mut new) = (committed.lines(), text.lines());
    let mut number = 0;
    let (old, new) = loop {
        number += 1;
        match (old.next(), new.next()) {
            (old, new) if old == new && old.is_some() => {}
            (old, new) => break (old.unwrap_or("(nothing)"), new.unwrap_or("(nothing)")),
        }
    };
    Some(format!(
        "docs/{name} is stale at line {number}:\n- {old}\n+ {new}\n\
         run `UPDATE_DOCS=1 cargo test -p pinpoint-iam-tests --test docs` and read the difference"
    ))
}

fn seed_document(title: &str, introduction: &str, source: &str) -> String {
    let table = seen_table(title, source, &SERVICES);
    format!(
        "<!-- Rendered from catalog/data by tests/tests/docs.rs. -->\n\n{introduction}\n\n{}",
        markdown(&table)
    )
}

#[test]
fn the_actions_of_the_first_seed_are_fresh() {
    let text = seed_document(
        "Actions for IAM policies, 2018",
        "The actions that the Amazon Pinpoint Developer Guide of 2018-08-07 lists, from the catalog. Where the guide's own ARN or method differ, the last \
         columns show them.",
        "seed-actions",
    );
    assert_eq!(fault("seed-actions.md", &text), None);
}

#[test]
fn the_actions_of_the_second_seed_are_fresh() {
    let text = seed_document(
        "Actions for querying analytics data",
        "The actions that the Amazon Pinpoint Developer Guide's page on querying analytics data uses, from the catalog, with the ARN patterns of its example \
         policies.",
        "seed-analytics",
    );
    assert_eq!(fault("seed-analytics.md", &text), None);
}
