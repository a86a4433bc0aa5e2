//! The JSON documents conform to their schema.

use std::fs;

use boon::{Compiler, Draft, Schemas};
use serde_json::{Value, json};

use crate::committed::FOLDER;

type TestResult = Result<(), Box<dyn std::error::Error>>;

fn read(name: &str) -> Result<Value, Box<dyn std::error::Error>> {
    Ok(serde_json::from_str(&fs::read_to_string(format!(
        "{FOLDER}/{name}"
    ))?)?)
}

fn validate(schema: &Value, document: &Value) -> TestResult {
    let mut compiler = Compiler::new();
    compiler.set_default_draft(Draft::V2020_12);
    compiler.add_resource("schema.json", schema.clone())?;
    let mut schemas = Schemas::new();
    let index = compiler
        .compile("schema.json", &mut schemas)
        .map_err(|error| error.to_string())?;
    Ok(schemas
        .validate(document, index)
        .map_err(|error| error.to_string())?)
}

#[test]
fn committed_documents_keep_to_the_schema() -> TestResult {
    let schema = read("tables.schema.json")?;
    for name in [
        "mobiletargeting",
        "mobileanalytics",
        "developer-guide-2018",
        "campaigns/campaigns",
    ] {
        let document = read(&format!("{name}.json"))?;
        validate(&schema, &document).map_err(|error| format!("{name}: {error}"))?;
    }
    Ok(())
}

/// A schema that accepts everything would pass the test above.
#[test]
fn the_schema_rejects_other_documents() -> TestResult {
    let schema = read("tables.schema.json")?;
    let document = read("mobileanalytics.json")?;
    validate(&schema, &document)?;
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
        assert!(validate(&schema, &other).is_err(), "{pointer}");
    }
    Ok(())
}
