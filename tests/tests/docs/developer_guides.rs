//! The two documents from which this project started can be read back from the committed tables, field by field.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;

use serde_json::Value;

use crate::committed::FOLDER;

type TestResult = Result<(), Box<dyn std::error::Error>>;

const DEVELOPER_GUIDE_ROWS: &str = include_str!("../../upstream/developer_guides.tsv");

/// A row of the facts: document, action, method, ARN.
type Fact = [String; 4];

/// Returns the facts that were recorded from the two documents, without the position in the document.
fn facts() -> Result<BTreeSet<Fact>, String> {
    DEVELOPER_GUIDE_ROWS
        .lines()
        .filter(|line| !line.starts_with('#'))
        .skip(1)
        .map(|line| match line.split('\t').collect::<Vec<_>>()[..] {
            [document, _, action, method, arn] => {
                Ok([document, action, method, arn].map(str::to_owned))
            }
            _ => Err(format!("five columns expected: {line}")),
        })
        .collect()
}

/// The tables of a committed page: by name, then by the name of the row, then by column.
type Tables = BTreeMap<String, BTreeMap<String, BTreeMap<String, Vec<String>>>>;

fn tables(service: &str) -> Result<Tables, Box<dyn std::error::Error>> {
    let page: Value =
        serde_json::from_str(&fs::read_to_string(format!("{FOLDER}/{service}.json"))?)?;
    let mut tables = Tables::new();
    for table in page["tables"].as_array().ok_or("no tables")? {
        let name = table["name"].as_str().ok_or("no name")?;
        let rows = tables.entry(name.to_owned()).or_default();
        for row in table["rows"].as_array().ok_or("no rows")? {
            let (_, key) = row["anchor"]
                .as_str()
                .and_then(|anchor| anchor.split_once('.'))
                .ok_or("no anchor")?;
            rows.insert(
                key.to_owned(),
                serde_json::from_value(row["cells"].clone())?,
            );
        }
    }
    Ok(tables)
}

/// Returns what the committed tables attribute to the documents.
fn rederived() -> Result<BTreeSet<Fact>, Box<dyn std::error::Error>> {
    let mut found = BTreeSet::new();
    for service in ["mobiletargeting", "mobileanalytics"] {
        let tables = tables(service)?;
        let operations = &tables[&format!("{service}-operations")];
        for (key, row) in &tables[&format!("{service}-actions")] {
            let action = row["action"].concat();
            // A document that contains only the name of an action has no line there.
            let silent = |source: &&String| {
                let start = format!("{source}: ");
                !row["as-sources-write-it"]
                    .iter()
                    .any(|line| line.starts_with(&start))
            };
            let silent = row["sources"].iter().filter(silent);
            for line in row["as-sources-write-it"].iter().chain(silent) {
                let (document, said) = line.split_once(": ").unwrap_or((line, ""));
                if !["developer-guide-2018", "developer-guide-analytics"].contains(&document) {
                    continue;
                }
                let arn = said
                    .split(", ")
                    .find(|text| text.starts_with("arn:") || *text == "*");
                let own_method = said
                    .split(", ")
                    .find(|text| !text.is_empty() && Some(*text) != arn);
                // The table of 2018 contains methods. Unless the row differs, its method is that of the operation.
                let route = operations
                    .get(key)
                    .map(|row| row["method-and-path"].concat());
                let route_method = route
                    .as_deref()
                    .and_then(|route| route.split(' ').next())
                    .filter(|_| document == "developer-guide-2018" && !said.is_empty());
                found.insert(
                    [
                        document,
                        &action,
                        own_method.or(route_method).unwrap_or("-"),
                        arn.unwrap_or("-"),
                    ]
                    .map(str::to_owned),
                );
            }
        }
    }
    Ok(found)
}

#[test]
fn both_documents_can_be_read_back_from_the_committed_tables() -> TestResult {
    let (facts, found) = (facts()?, rederived()?);
    let lost: Vec<_> = facts.difference(&found).collect();
    let invented: Vec<_> = found.difference(&facts).collect();
    assert!(lost.is_empty(), "not in the committed tables: {lost:#?}");
    assert!(invented.is_empty(), "in no document: {invented:#?}");
    Ok(())
}

#[test]
fn the_forty_actions_are_there() -> TestResult {
    let found = rederived()?;
    let actions = |document: &str| -> BTreeSet<String> {
        found
            .iter()
            .filter(|[from, ..]| from == document)
            .map(|[_, action, ..]| action.clone())
            .collect()
    };
    let (list, analytics) = (
        actions("developer-guide-2018"),
        actions("developer-guide-analytics"),
    );
    assert_eq!(list.len(), 35, "the table of 2018 and its example policy");
    assert_eq!(analytics.len(), 6, "the page on analytics");
    assert_eq!(list.union(&analytics).count(), 40);
    Ok(())
}
