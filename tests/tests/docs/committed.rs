//! The committed documents equal those rendered from the catalog.
//!
//! `UPDATE_DOCS=1 cargo test -p pinpoint-iam-tests --test docs` writes them.

use std::collections::BTreeSet;
use std::fs;

use pinpoint_iam::action::ServiceMetadata;
use pinpoint_iam::{mobileanalytics, mobiletargeting};
use pinpoint_iam_docs::{Line, Page, Stale, files, fresh, quoted_table, service_page};

const SERVICES: [&ServiceMetadata; 2] = [&mobiletargeting::SERVICE, &mobileanalytics::SERVICE];

/// The folder of the repository, relative to this package.
pub(crate) const FOLDER: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../docs/reference");

/// Returns every page in `docs/reference/` with the name of its files.
fn pages() -> Vec<(&'static str, Page)> {
    let from_the_catalog = "This page is written from `catalog/data/`; change that, not this.";
    let seed = |name, title: &str, introduction, source| {
        let table = quoted_table(name, title, source, &SERVICES);
        let page = Page::new(title)
            .with_paragraph(Line::text(introduction))
            .with_paragraph(Line::text(from_the_catalog))
            .with_table(table);
        (name, page)
    };
    let mut pages: Vec<_> = SERVICES
        .into_iter()
        .map(|service| {
            let page = service_page(service).with_paragraph(Line::text(from_the_catalog));
            (service.prefix, page)
        })
        .collect();
    pages.push(seed(
        "developer-guide-2018",
        "Actions for IAM policies, 2018",
        "The actions that the Amazon Pinpoint Developer Guide of 2018-08-07 lists, from the catalog. Where the guide's own \
         ARN or method differ, the last columns show them.",
        "developer-guide-2018",
    ));
    pages.push(seed(
        "developer-guide-analytics",
        "Actions for querying analytics data",
        "The actions that the Amazon Pinpoint Developer Guide's page on querying analytics data uses, from the catalog, with \
         the ARN patterns of its example policies.",
        "developer-guide-analytics",
    ));
    pages
}

#[test]
fn every_committed_document_is_fresh() -> Result<(), Stale> {
    for (name, page) in pages() {
        for file in files(&format!("{FOLDER}/{name}"), &page) {
            fresh(&file.path, &file.text)?;
        }
    }
    Ok(())
}

/// A page that is no longer written must not remain as if it were current.
#[test]
fn nothing_else_is_committed() -> Result<(), Box<dyn std::error::Error>> {
    // Written manually, by a browser, or by the tests of `pinpoint-iam-lint`.
    let mut known = BTreeSet::from(
        [
            "output.schema.json",
            "tables.schema.json",
            "mobiletargeting.png",
            "access-analyzer.md",
            "decision-record.schema.json",
        ]
        .map(str::to_owned),
    );
    for (name, page) in pages() {
        known.extend(files(name, &page).into_iter().map(|file| file.path));
    }
    for (folder, prefix) in [(FOLDER.to_owned(), ""), (format!("{FOLDER}/csv"), "csv/")] {
        for entry in fs::read_dir(folder)? {
            let entry = entry?;
            let name = format!("{prefix}{}", entry.file_name().to_string_lossy());
            assert!(
                known.contains(&name) || entry.file_type()?.is_dir(),
                "`docs/reference/{name}` is written by nothing; remove it"
            );
        }
    }
    Ok(())
}

#[test]
fn the_same_page_is_the_same_bytes() {
    for ((name, page), (_, again)) in pages().into_iter().zip(pages()) {
        assert_eq!(files(name, &page), files(name, &again));
    }
}
