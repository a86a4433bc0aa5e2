//! The seeds from which the fuzzer starts.

use std::fmt::Write as _;
use std::fs;
use std::path::Path;

use pinpoint_iam_replay::Policies;
use pinpoint_iam_replay::generate::{self, Generator};
use serde::Deserialize;
use serde::de::IgnoredAny;
use serde_json::json;
use toml::{Table, Value};

use crate::{archive, last_good, list_sql, playground};

/// Longer seeds only slow the fuzzer down.
const LONGEST: usize = 4_096;

/// The number of seeds that consist of random bytes, and the length of each.
const BYTE_SEEDS: usize = 500;
const BYTES: usize = 256;

/// Values that would have a meaning in SQL or in a pattern, if they were a part of it.
const LIST_VALUES: [&str; 28] = [
    "ana",
    "bob",
    "x'; DROP TABLE documents; --",
    "a\"b",
    "a`b",
    "$1",
    "?1",
    "\\",
    "\\'",
    "%",
    "_",
    "!",
    "[",
    "]",
    "[^a]",
    "*",
    "?",
    "--",
    "/*",
    "NULL",
    ") OR 1=1 --",
    "\u{10ffff}",
    "\0",
    "QUJD",
    "\u{212a}elvin",
    "",
    "1",
    "E'x'",
];

type Result<T> = std::result::Result<T, Box<dyn std::error::Error>>;

#[derive(Deserialize)]
struct Documents {
    case: Vec<Document>,
}

#[derive(Deserialize)]
struct Document {
    document: String,
    fill: Option<IgnoredAny>,
}

/// An initial input.
#[derive(Clone, Debug)]
pub struct Seed {
    /// The fuzz target.
    pub target: &'static str,
    /// The name of its file.
    pub name: String,
    /// The input.
    pub data: Vec<u8>,
}

/// The seeds of one target.
struct Corpus<'a> {
    target: &'static str,
    seeds: &'a mut Vec<Seed>,
}

impl Corpus<'_> {
    fn add(&mut self, name: &str, text: &str) {
        self.add_data(name, text.as_bytes().to_vec());
    }

    fn add_data(&mut self, name: &str, data: Vec<u8>) {
        if data.len() <= LONGEST {
            self.seeds.push(Seed {
                target: self.target,
                name: name.to_owned(),
                data,
            });
        }
    }

    fn add_files(&mut self, directory: &Path) -> Result<()> {
        for entry in fs::read_dir(directory)? {
            let path = entry?.path();
            if let Some(name) = path.file_name().and_then(|name| name.to_str())
                && path.is_file()
            {
                self.add(name, &fs::read_to_string(&path)?);
            }
        }
        Ok(())
    }

    /// Adds random bytes as seeds, for a target that accepts any bytes.
    fn add_bytes(&mut self) {
        // A linear congruential generator, which returns the same bytes in every run.
        let mut state = 1_u64;
        for number in 0..BYTE_SEEDS {
            let mut byte = || {
                state = state
                    .wrapping_mul(6_364_136_223_846_793_005)
                    .wrapping_add(1_442_695_040_888_963_407);
                state.to_be_bytes()[0]
            };
            self.seeds.push(Seed {
                target: self.target,
                name: format!("bytes-{number}"),
                data: (0..BYTES).map(|_| byte()).collect(),
            });
        }
    }
}

/// Returns a seed for every case of the conformance tables, for the example policies and for the fixtures.
///
/// # Errors
///
/// If a file cannot be read or has an unexpected structure.
pub fn seeds() -> Result<Vec<Seed>> {
    let mut seeds = Vec::new();
    let mut corpus_of = |target, fill: &mut dyn FnMut(&mut Corpus<'_>) -> Result<()>| {
        fill(&mut Corpus {
            target,
            seeds: &mut seeds,
        })
    };
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    let read = |path: &str| fs::read_to_string(root.join(path));

    corpus_of("policy_document", &mut |corpus| {
        corpus.add_files(&root.join("examples/campaigns/policies"))?;
        let documents: Documents = toml::from_str(&read("tests/conformance/grammar.toml")?)?;
        for (number, case) in documents.case.iter().enumerate() {
            if case.fill.is_none() {
                corpus.add(&format!("grammar-{number}"), &case.document);
            }
        }
        Ok(())
    })?;
    corpus_of("lint", &mut |corpus| {
        corpus.add_files(&root.join("examples/campaigns/policies"))?;
        let documents: Documents = toml::from_str(&read("tests/conformance/grammar.toml")?)?;
        for (number, case) in documents.case.iter().enumerate() {
            if case.fill.is_none() {
                corpus.add(&format!("grammar-{number}"), &case.document);
            }
        }
        for rule in pinpoint_iam_lint::rules() {
            corpus.add(rule.code, rule.example.document);
        }
        Ok(())
    })?;
    corpus_of("decision", &mut |corpus| {
        let table: Table = toml::from_str(&read("tests/conformance/evaluation.toml")?)?;
        for (number, case) in tables(&table, "case").enumerate() {
            corpus.add(&format!("evaluation-{number}"), &request(&table, case)?);
        }
        let conditions: Table = toml::from_str(&read("tests/conformance/conditions.toml")?)?;
        for (number, case) in tables(&conditions, "case").enumerate() {
            if !case.contains_key("error") {
                corpus.add(&format!("condition-{number}"), &condition(case)?);
            }
        }
        Ok(())
    })?;
    corpus_of("account_details", &mut |corpus| {
        corpus.add_files(&root.join("tests/fixtures/account-details"))?;
        let printed: serde_json::Value =
            serde_json::from_str(&read("tests/fixtures/account-details/account.json")?)?;
        // The whole account is too long for a seed. Each of its entries, with everything nested in it, is short enough.
        for list in [
            "UserDetailList",
            "RoleDetailList",
            "GroupDetailList",
            "Policies",
        ] {
            for (number, entry) in printed[list].as_array().into_iter().flatten().enumerate() {
                let alone = serde_json::json!({ list: [entry] });
                corpus.add(&format!("{list}-{number}"), &alone.to_string());
            }
        }
        Ok(())
    })?;
    corpus_of("attachments", &mut |corpus| {
        let example = read("examples/campaigns/policies/attachments.json")?;
        corpus.add("example", &example);
        corpus.add("all", include_str!("attachments.json"));
        Ok(())
    })?;
    corpus_of("archive", &mut |corpus| {
        let long = "x".repeat(120) + ".json";
        let sets: [&[(&str, &str)]; 4] = [
            &[],
            &[("a.json", "{}")],
            &[("./a.json", "{}"), ("b.json", "[]")],
            &[(&long, "{}")],
        ];
        for (number, set) in sets.into_iter().enumerate() {
            let bytes = archive::archive(set.iter().copied());
            // The end is two blocks of zeros, and more of them up to the record of 20 blocks.
            let end = bytes.len().min(8 * 512);
            corpus.add_data(&format!("tar-{number}"), bytes[..end].to_vec());
            corpus.add_data(&format!("gzip-{number}"), archive::gzip(&bytes));
        }
        Ok(())
    })?;
    corpus_of("last_good", &mut |corpus| {
        let document = r#"{"Version": "2012-10-17", "Statement": []}"#;
        for (name, source, scope, files) in [
            ("empty", last_good::SOURCE, last_good::SCOPE, json!([])),
            (
                "files",
                last_good::SOURCE,
                last_good::SCOPE,
                json!([["a.json", document], ["b.json", "\u{e4}\n"]]),
            ),
            (
                "twice",
                last_good::SOURCE,
                last_good::SCOPE,
                json!([["a.json", "1"], ["a.json", "2"]]),
            ),
            ("source", "other", last_good::SCOPE, json!([])),
            ("scope", last_good::SOURCE, "aws:us-east-1:1", json!([])),
            (
                "pair",
                last_good::SOURCE,
                last_good::SCOPE,
                json!([["a.json"]]),
            ),
        ] {
            let content =
                json!({"source": source, "scope": scope, "revision": "1", "files": files});
            corpus.add(name, &content.to_string());
        }
        Ok(())
    })?;
    corpus_of("catalog", &mut |corpus| {
        corpus.add(
            "mobileanalytics",
            &read("catalog/data/mobileanalytics.toml")?,
        );
        corpus.add("shelf", &read("catalog/tests/golden/shelf.toml")?);
        corpus.add("sound", &read("catalog/tests/faults/sound.toml")?);
        Ok(())
    })?;
    corpus_of("openapi", &mut |corpus| {
        for name in ["awkward.json", "pets.yaml"] {
            corpus.add(
                name,
                &read(&format!("pinpoint-iam-cli/tests/openapi/{name}"))?,
            );
        }
        // Documents that are rejected.
        corpus.add("swagger", "swagger: '2.0'\n");
        corpus.add("no-operations", "{\"openapi\": \"3.1.0\", \"paths\": {}}");
        Ok(())
    })?;
    corpus_of("list_sql", &mut |corpus| {
        for form in 0..list_sql::SINGLE {
            for (number, pair) in LIST_VALUES.windows(2).enumerate() {
                corpus.add(
                    &format!("form-{form}-{number}"),
                    &format!("{form}\n{}", pair.join("\n")),
                );
            }
        }
        let values = LIST_VALUES.join("\n");
        for first in 0..list_sql::SINGLE {
            let (second, third) = (first + 7, first * first + 3);
            corpus.add(
                &format!("forms-{first}"),
                &format!("{first} {second} {third} {first}\n{values}"),
            );
        }
        Ok(())
    })?;
    corpus_of("replay", &mut |corpus| {
        let policies = Policies::of_store(generate::policies(true)?)?;
        let mut generator = Generator::new(1, policies);
        for number in 0..20 {
            let mut log = Vec::new();
            generator.write(8, &mut log)?;
            corpus.add(&format!("lines-{number}"), std::str::from_utf8(&log)?);
            let cut = log.len() - 20 * (number + 1);
            let (start, rest) = log.split_at(cut);
            corpus.add(&format!("cut-{number}"), std::str::from_utf8(start)?);
            corpus.add(&format!("end-{number}"), std::str::from_utf8(rest)?);
        }
        corpus.add("blank", " \n\r\n\x0c\n");
        corpus.add(
            "records",
            "{\"Records\": [{}, {\"v\": 1}], \"x\": []}\n{\"Records\": [",
        );
        let events: Table = toml::from_str(&read("tests/conformance/cloudtrail.toml")?)?;
        let event = text(&events, "event").unwrap_or_default();
        let event: serde_json::Value = serde_json::from_str(event)?;
        for (number, case) in tables(&events, "case").enumerate() {
            let change = serde_json::from_str(text(case, "event").unwrap_or_default())?;
            let mut changed = event.clone();
            merge(&mut changed, &change);
            corpus.add(&format!("event-{number}"), &changed.to_string());
            let array = format!("{{\"Records\":[{changed},{event}]}}");
            corpus.add(&format!("events-{number}"), &array);
        }
        Ok(())
    })?;
    corpus_of("playground", &mut |corpus| {
        for (number, (function, input)) in playground::calls().into_iter().enumerate() {
            corpus.add(
                &format!("{function}-{number}"),
                &format!("{function}\n{input}"),
            );
        }
        corpus.add("nothing", "");
        corpus.add("broken", "decide\n{\"policies\": [");
        Ok(())
    })?;
    for target in ["pattern", "resource_id"] {
        corpus_of(target, &mut |corpus| {
            corpus.add_bytes();
            Ok(())
        })?;
    }
    Ok(seeds)
}

/// Merges `change` into `value`; null removes a member.
fn merge(value: &mut serde_json::Value, change: &serde_json::Value) {
    let (Some(members), Some(changes)) = (value.as_object_mut(), change.as_object()) else {
        value.clone_from(change);
        return;
    };
    for (name, change) in changes {
        if change.is_null() {
            members.remove(name);
        } else {
            merge(
                members.entry(name).or_insert(serde_json::Value::Null),
                change,
            );
        }
    }
}

fn tables<'a>(table: &'a Table, name: &str) -> impl Iterator<Item = &'a Table> {
    let list = table.get(name).and_then(Value::as_array);
    list.into_iter().flatten().filter_map(Value::as_table)
}

fn text<'a>(table: &'a Table, name: &str) -> Option<&'a str> {
    table.get(name).and_then(Value::as_str)
}

/// Returns the strings in a value: the value itself, or all elements of a list and of the lists within it.
fn flat(value: &Value) -> Vec<&str> {
    match value {
        Value::String(text) => vec![text],
        Value::Array(values) => values.iter().flat_map(flat).collect(),
        _ => Vec::new(),
    }
}

/// Writes the condition keys of a case. Keys that are `unknown` in the case turn out to be absent.
fn keys(case: &Table) -> Result<String> {
    let mut lines = String::new();
    for (key, value) in case
        .get("context")
        .and_then(Value::as_table)
        .into_iter()
        .flatten()
    {
        let values = flat(value);
        match values.as_slice() {
            [] => writeln!(lines, "known {key}")?,
            values => writeln!(lines, "known {key}={}", values.join("|"))?,
        }
    }
    for key in case.get("unknown").into_iter().flat_map(flat) {
        writeln!(lines, "later {key}")?;
    }
    Ok(lines)
}

/// Writes the first request of a case of `evaluation.toml`, in the input format of the target `decision`.
fn request(table: &Table, case: &Table) -> Result<String> {
    let section = |name: &str| {
        table
            .get(name)
            .and_then(Value::as_table)
            .ok_or("no such section")
    };
    let (defaults, callers, statements) = (
        section("defaults")?,
        section("principals")?,
        section("statements")?,
    );
    let first = |list: &str| {
        let answers = case.get(list)?.as_table()?;
        answers.values().flat_map(flat).next()
    };
    let asked = |member: &str| {
        let found = first(&format!("{member}s")).or_else(|| text(case, member));
        found.or_else(|| text(defaults, member)).unwrap_or_default()
    };
    let caller = callers.get(asked("principal")).and_then(Value::as_table);
    let caller = caller.and_then(|caller| text(caller, "arn").or_else(|| text(caller, "service")));
    let resource = match asked("resource") {
        full if full == "*" || full.starts_with("arn:") => full.to_owned(),
        rest => format!(
            "{}{rest}",
            text(defaults, "resources-start-with").unwrap_or_default()
        ),
    };
    let mut lines = format!(
        "keyless-caller {}\naction {}\nresource {resource}\n",
        caller.unwrap_or_default(),
        asked("action")
    );
    if let Some(account) = text(case, "resource-account") {
        writeln!(lines, "account {account}")?;
    }
    lines.push_str(&keys(case)?);
    let version = match text(case, "version") {
        None => r#""Version": "2012-10-17", "#.to_owned(),
        Some("none") => String::new(),
        Some(version) => format!(r#""Version": "{version}", "#),
    };
    for (member, word) in [
        ("identity", "identity"),
        ("boundary", "boundary"),
        ("session", "session"),
        ("resource-policy", "resource-policy"),
        ("vpc-endpoint", "vpc-endpoint"),
        ("scps", "scp"),
        ("rcps", "rcp"),
    ] {
        for policy in case.get(member).into_iter().flat_map(flat) {
            let statement = text(statements, policy)
                .unwrap_or(policy)
                .replace('\n', " ");
            writeln!(lines, r#"{word} {{{version}"Statement": {statement}}}"#)?;
        }
    }
    Ok(lines)
}

/// Writes a case of `conditions.toml`, in the input format of the target `decision`.
fn condition(case: &Table) -> Result<String> {
    let member = |name: &str| text(case, name).unwrap_or_default();
    let values = match case.get("values") {
        Some(Value::String(one)) => serde_json::json!(one),
        Some(values) => serde_json::json!(flat(values)),
        None => serde_json::json!([]),
    };
    let policy = serde_json::json!({
        "Version": text(case, "version").unwrap_or("2012-10-17"),
        "Statement": {
            "Effect": "Allow",
            "Action": "*",
            "Resource": "*",
            "Condition": { member("operator"): { member("key"): values } },
        },
    });
    let caller = "keyless-caller arn:aws:iam::111122223333:user/ana";
    Ok(format!("{caller}\n{}identity {policy}\n", keys(case)?))
}
