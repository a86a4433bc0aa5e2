//! The schema for editors and the loader accept the same keys and values.

#![expect(
    clippy::unwrap_used,
    clippy::panic,
    reason = "a test whose set-up fails has failed"
)]

use std::collections::BTreeSet;

use pinpoint_iam_catalog::{Catalog, CatalogError, SCHEMA, SourceFile};
use regex_lite::Regex;
use serde_json::{Map, Value};

/// A name that is not similar to any other.
const STRANGER: &str = "zzzzzzzzzzzzzzzz";

/// The tables of the format, each with its location in the schema and a catalog in which it contains only `BODY`.
const TABLES: [(&str, &str); 10] = [
    ("", "BODY"),
    ("service", "service = { BODY }"),
    ("source", "sources = { x = { BODY } }"),
    ("condition-key", "condition-keys = { \"a:B\" = { BODY } }"),
    ("placeholder", "placeholders = { X = { BODY } }"),
    ("resource", "resources = { x = { BODY } }"),
    ("action", "actions = { X = { BODY } }"),
    (
        "dependent-action",
        "actions = { X = { dependent-actions = [{ BODY }] } }",
    ),
    ("lifecycle", "actions = { X = { lifecycle = { BODY } } }"),
    ("seen", "actions = { X = { seen = [{ BODY }] } }"),
];

fn schema() -> Value {
    serde_json::from_str(SCHEMA).unwrap()
}

fn definition<'s>(schema: &'s Value, name: &str) -> &'s Value {
    if name.is_empty() {
        schema
    } else {
        schema.get("definitions").unwrap().get(name).unwrap()
    }
}

fn faults(text: &str) -> Vec<CatalogError> {
    match Catalog::load([SourceFile::new("x.toml", text)]) {
        Ok(_) => Vec::new(),
        Err(faults) => faults.iter().cloned().collect(),
    }
}

/// Returns the names in backticks.
fn names(text: &str) -> BTreeSet<String> {
    let parts = text.split('`').enumerate();
    parts
        .filter(|(index, _)| index % 2 == 1)
        .map(|(_, name)| name.to_owned())
        .collect()
}

#[test]
fn both_know_the_same_keys() {
    let schema = schema();
    for (name, table) in TABLES {
        let definition = definition(&schema, name);
        let properties = definition.get("properties").unwrap().as_object().unwrap();
        let known: BTreeSet<String> = properties.keys().cloned().collect();
        let faults = faults(&table.replace("BODY", &format!("{STRANGER} = 1")));
        let start = format!("unknown key `{STRANGER}` in ");
        let unknown = faults
            .iter()
            .find(|fault| fault.message().starts_with(&start))
            .unwrap_or_else(|| panic!("{name}: {faults:?}"));
        assert_eq!(names(unknown.hint()), known, "{name}");
        assert_eq!(
            definition.get("additionalProperties"),
            Some(&Value::Bool(false)),
            "{name}"
        );

        // Required keys: the loader reports the missing ones for this table.
        let subject = unknown.message().strip_prefix(&start).unwrap();
        let missed: BTreeSet<String> = faults
            .iter()
            .filter_map(|fault| fault.message().strip_prefix(&format!("{subject} has no ")))
            .flat_map(names)
            .collect();
        let required: BTreeSet<String> = texts(definition.get("required")).into_iter().collect();
        assert_eq!(missed, required, "{name}");
    }
}

#[test]
fn both_know_the_same_values() {
    let schema = schema();
    let mut compared = 0;
    for (name, table) in TABLES {
        let definition = definition(&schema, name);
        for (key, property) in definition.get("properties").unwrap().as_object().unwrap() {
            let listed: BTreeSet<String> = texts(property.get("enum")).into_iter().collect();
            if listed.is_empty() {
                continue;
            }
            // Other errors in the table do not matter here.
            let text = table.replace("BODY", &format!("{key} = \"{STRANGER}\""));
            let faults = faults(&text);
            let unknown = faults
                .iter()
                .find(|fault| fault.message().contains(&format!("`{STRANGER}`")))
                .unwrap_or_else(|| panic!("{name} {key}: {faults:?}"));
            assert_eq!(names(unknown.hint()), listed, "{name} {key}");
            compared += 1;
        }
    }
    assert_eq!(compared, 4);
}

#[test]
fn the_schema_names_every_table() {
    let schema = schema();
    let tables: BTreeSet<String> = TABLES.iter().map(|(name, _)| (*name).to_owned()).collect();
    let definitions = schema.get("definitions").unwrap().as_object().unwrap();
    for (name, definition) in definitions {
        let is_table = definition.get("properties").is_some();
        assert_eq!(is_table, tables.contains(name), "{name}");
    }
    // Hovering over any key shows an explanation.
    for (name, _) in TABLES {
        for (key, property) in definition(&schema, name)
            .get("properties")
            .unwrap()
            .as_object()
            .unwrap()
        {
            let explained = property
                .get("$ref")
                .map_or(property, |target| resolve(&schema, target));
            assert!(explained.get("description").is_some(), "{name} {key}");
        }
    }
}

#[test]
fn catalogs_without_faults_fit_the_schema() {
    let schema = schema();
    let files = [
        include_str!("../../../catalog/data/mobiletargeting.toml"),
        include_str!("../../../catalog/data/mobileanalytics.toml"),
        include_str!("../../../catalog/tests/golden/shelf.toml"),
        include_str!("../../../catalog/tests/faults/sound.toml"),
    ];
    for text in files {
        let value: Value =
            serde_json::to_value(toml::from_str::<toml::Table>(text).unwrap()).unwrap();
        let mut complaints = Vec::new();
        check(&schema, &schema, &value, "", &mut complaints);
        assert_eq!(complaints, Vec::<String>::new());
    }
}

#[test]
fn the_check_against_the_schema_finds_faults() {
    let schema = schema();
    let text = r#"
        format = 2
        extra = 1
        [service]
        prefix = "Shelf"
        partitions = ["a:b"]
        [actions.a_b]
        success-status = 99
        undocumented = "yes"
        dependent-actions = [{ action = "x", when = "", source = "s" }]
    "#;
    let value: Value = serde_json::to_value(toml::from_str::<toml::Table>(text).unwrap()).unwrap();
    let mut complaints = Vec::new();
    check(&schema, &schema, &value, "", &mut complaints);
    complaints.sort();
    assert_eq!(
        complaints,
        [
            "/actions/a_b/dependent-actions/0/action: pattern",
            "/actions/a_b/dependent-actions/0/when: minLength",
            "/actions/a_b/success-status: anyOf",
            "/actions/a_b/undocumented: type",
            "/actions/a_b: name",
            "/actions/a_b: required `summary`",
            "/extra: unknown",
            "/format: enum",
            "/service/partitions/0: pattern",
            "/service/prefix: pattern",
            "/service: required `name`",
        ]
    );
}

/// Checks `value` against the part of JSON Schema that our schema uses. The test fails if the schema uses more.
fn check(root: &Value, schema: &Value, value: &Value, place: &str, complaints: &mut Vec<String>) {
    let words = schema.as_object().unwrap();
    let mut complain = |what: String| complaints.push(format!("{place}: {what}"));
    for (word, given) in words {
        match word.as_str() {
            "$schema" | "title" | "description" | "definitions" => {}
            // Handled below, together with the keywords that depend on them.
            "$ref" | "properties" | "additionalProperties" | "propertyNames" | "items" => {}
            "type" if !is_of_type(value, given.as_str().unwrap()) => complain("type".to_owned()),
            "type" => {}
            "enum" if !given.as_array().unwrap().contains(value) => complain("enum".to_owned()),
            "enum" => {}
            "required" => {
                let missing = texts(Some(given));
                let missing = missing.iter().filter(|key| value.get(key).is_none());
                missing.for_each(|key| complain(format!("required `{key}`")));
            }
            "pattern" if !matches(given, value.as_str().unwrap_or_default()) => {
                complain("pattern".to_owned());
            }
            "pattern" => {}
            "minLength" => {
                if (value.as_str().unwrap_or_default().len() as u64) < given.as_u64().unwrap() {
                    complain("minLength".to_owned());
                }
            }
            "minimum" if value.as_i64() < given.as_i64() => complain("minimum".to_owned()),
            "maximum" if value.as_i64() > given.as_i64() => complain("maximum".to_owned()),
            "minimum" | "maximum" => {}
            "anyOf" => {
                let fits = |alternative: &Value| {
                    let mut complaints = Vec::new();
                    check(root, alternative, value, place, &mut complaints);
                    complaints.is_empty()
                };
                if !given.as_array().unwrap().iter().any(fits) {
                    complain("anyOf".to_owned());
                }
            }
            word => panic!("the schema uses `{word}`, which this test does not know"),
        }
    }
    if let Some(target) = words.get("$ref") {
        check(root, resolve(root, target), value, place, complaints);
    }
    let none = Map::new();
    let properties = words
        .get("properties")
        .map_or(&none, |properties| properties.as_object().unwrap());
    for (key, member) in value.as_object().unwrap_or(&none) {
        let place = format!("{place}/{key}");
        if let Some(names) = words.get("propertyNames")
            && !matches(names.get("pattern").unwrap(), key)
        {
            complaints.push(format!("{place}: name"));
        }
        match (properties.get(key), words.get("additionalProperties")) {
            (Some(property), _) => check(root, property, member, &place, complaints),
            (None, Some(Value::Bool(false))) => complaints.push(format!("{place}: unknown")),
            (None, Some(others)) => check(root, others, member, &place, complaints),
            (None, None) => {}
        }
    }
    if let (Some(items), Some(elements)) = (words.get("items"), value.as_array()) {
        for (index, element) in elements.iter().enumerate() {
            check(
                root,
                items,
                element,
                &format!("{place}/{index}"),
                complaints,
            );
        }
    }
}

fn resolve<'s>(root: &'s Value, target: &Value) -> &'s Value {
    root.pointer(target.as_str().unwrap().strip_prefix('#').unwrap())
        .unwrap()
}

fn is_of_type(value: &Value, name: &str) -> bool {
    match name {
        "object" => value.is_object(),
        "array" => value.is_array(),
        "string" => value.is_string(),
        "integer" => value.is_i64(),
        "boolean" => value.is_boolean(),
        name => panic!("the schema uses the type `{name}`, which this test does not know"),
    }
}

fn matches(pattern: &Value, text: &str) -> bool {
    Regex::new(pattern.as_str().unwrap())
        .unwrap()
        .is_match(text)
}

fn texts(list: Option<&Value>) -> Vec<String> {
    let items = list.and_then(Value::as_array).into_iter().flatten();
    items
        .filter_map(|item| item.as_str().map(str::to_owned))
        .collect()
}
