//! The JSON documents conform to their schema.

use std::fs;

use serde_json::{Value, json};

use crate::committed::FOLDER;

type TestResult = Result<(), Box<dyn std::error::Error>>;

fn read(name: &str) -> Result<Value, Box<dyn std::error::Error>> {
    Ok(serde_json::from_str(&fs::read_to_string(format!(
        "{FOLDER}/{name}"
    ))?)?)
}

#[test]
fn committed_documents_keep_to_the_schema() -> TestResult {
    let schema = read("tables.schema.json")?;
    let validator = jsonschema::draft202012::new(&schema)?;
    for name in [
        "mobiletargeting",
        "mobileanalytics",
        "developer-guide-2018",
        "campaigns/campaigns",
    ] {
        let document = read(&format!("{name}.json"))?;
        let faults: Vec<String> = validator
            .iter_errors(&document)
            .map(|fault| format!("{}: {fault}", fault.instance_path()))
            .collect();
        assert_eq!(faults, Vec::<String>::new(), "{name}");
    }
    Ok(())
}

/// A schema that accepts everything would pass the test above.
#[test]
fn the_schema_rejects_other_documents() -> TestResult {
    let schema = read("tables.schema.json")?;
    let validator = jsonschema::draft202012::new(&schema)?;
    let document = read("mobileanalytics.json")?;
    assert!(validator.is_valid(&document));
    for (pointer, value) in [
        ("/format", json!(2)),
        ("/title", json!(null)),
        ("/introduction", json!("text")),
        ("/tables/1/name", json!("a.b")),
        ("/tables/1/columns", json!([])),
        ("/tables/1/rows/0/anchor", json!("")),
        ("/tables/1/rows/0/cells/action", json!("text")),
    ] {
        let mut other = document.clone();
        *other.pointer_mut(pointer).ok_or(pointer)? = value;
        assert!(!validator.is_valid(&other), "{pointer}");
    }
    Ok(())
}
