//! The JSON of every command conforms to its schema in `docs/reference`.

mod validation;

use std::collections::BTreeSet;
use std::io::Write;
use std::path::Path;
use std::process::{Command, Stdio};
use std::{env, fs};

use boon::Draft;
use serde_json::{Value, json};

use self::validation::validate;
use super::{directory, run, text};

fn schema(name: &str) -> Value {
    let reference = Path::new(env!("CARGO_MANIFEST_DIR")).join("../docs/reference");
    serde_json::from_str(&fs::read_to_string(reference.join(name)).unwrap()).unwrap()
}

/// Forbids members that a schema does not describe, so that every member of the output is documented.
fn close(schema: &mut Value) {
    if let Value::Object(members) = schema {
        if members.contains_key("properties") {
            members
                .entry("additionalProperties")
                .or_insert(json!(false));
        }
        members.values_mut().for_each(close);
    } else if let Value::Array(items) = schema {
        items.iter_mut().for_each(close);
    }
}

fn assert_valid(schema: &Value, output: &Value, what: &str) {
    let valid = validate(schema, Draft::V2020_12, output);
    assert_eq!(valid, Ok(()), "{what}: {output:#}");
}

const ANA: &str = "arn:aws:iam::123456789012:user/ana";
const APP: &str = "arn:aws:mobiletargeting:us-east-1:123456789012:apps/a1";
const SCOPE: &str = "aws:us-east-1:123456789012";

#[test]
fn the_output_of_every_command_conforms_to_its_schema() {
    let path = directory("schemas");
    for (name, statement) in [
        (
            "reader.json",
            r#"[{"Sid": "Read", "Effect": "Allow", "Action": ["mobiletargeting:Get*", "mobiletargeting:GetAp"], "Resource": "*"},
            {"Effect": "Deny", "Action": "mobiletargeting:GetApps", "Resource": "*", "Condition": {"StringEquals": {"aws:PrincipalTag/team": "x"}}}]"#,
        ),
        (
            "wider.json",
            r#"{"Effect": "Allow", "Action": "mobiletargeting:*", "Resource": "*", "Condition": {"IpAddress": {"aws:SourceIp": "203.0.113.0/24"}}}"#,
        ),
        (
            "bucket.json",
            r#"{"Effect": "Allow", "Principal": "*", "Action": "s3:GetObject", "Resource": "arn:aws:s3:::reports/*"}"#,
        ),
    ] {
        let document = format!(r#"{{"Version": "2012-10-17", "Statement": {statement}}}"#);
        fs::write(path.join(name), document).unwrap();
    }
    fs::write(
        path.join("reader.test.json"),
        json!({"policies": {"identity": ["reader.json"]}, "test": [
            {"name": "reads", "principal": ANA, "action": "mobiletargeting:GetApp", "resource": APP, "expect": "allowed"},
            {"name": "fails", "principal": ANA, "action": "mobiletargeting:GetApp", "resource": APP, "expect": "denied"},
        ]})
        .to_string(),
    )
    .unwrap();
    let record = |action: &str| {
        json!({
            "v": 1, "time": "2026-11-29T03:10:00Z", "principal": {"arn": ANA}, "action": action, "resource": APP,
            "keys": {"aws:PrincipalTag/team": {"state": "masked"}}, "outcome": "allow", "revision": "7", "ns": 812,
        })
    };
    let log = [
        record("mobiletargeting:GetApp").to_string(),
        record("mobiletargeting:GetApps").to_string(),
        "not JSON".to_owned(),
    ];
    fs::write(path.join("log.jsonl"), log.join("\n")).unwrap();
    fs::create_dir(path.join("policies")).unwrap();
    fs::copy(path.join("reader.json"), path.join("policies/reader.json")).unwrap();
    let attachments = json!({"users": {ANA: {"policies": ["reader.json"]}}});
    fs::write(
        path.join("policies/attachments.json"),
        attachments.to_string(),
    )
    .unwrap();
    for (name, record) in [
        (
            "allowed.log",
            json!({"v": 1, "time": "2026-11-29T03:12:15Z", "principal": {"arn": ANA, "groups": ["readers"]},
                "action": "mobiletargeting:GetApp", "resource": APP, "outcome": "allow", "reason": "statement",
                "policy_type": "identity-based policy", "statement": {"policy": "reader.json", "number": 1, "sid": "Read"},
                "revision": "7", "ns": 812}),
        ),
        (
            "masked.log",
            json!({"v": 1, "time": "2026-11-29T03:12:15Z", "principal": {"arn": ANA},
                "action": "mobiletargeting:GetApps", "resource": APP, "outcome": "undecided", "reason": "indeterminate",
                "keys": {"aws:PrincipalTag/team": {"state": "masked"}}, "revision": "7", "ns": 812}),
        ),
    ] {
        fs::write(path.join(name), record.to_string()).unwrap();
    }
    let mut closed = schema("output.schema.json");
    close(&mut closed);
    let of_command = |name: &str| {
        let mut command = closed.clone();
        command["$ref"] = json!(format!("#/$defs/{name}"));
        command
    };
    let asks = [
        "--principal",
        ANA,
        "--action",
        "mobiletargeting:GetApps",
        "--resource",
        APP,
    ];
    let tables = schema("tables.schema.json");
    let mut seen = BTreeSet::new();
    for (command, arguments) in [
        (
            "lint",
            vec![
                "reader.json",
                "wider.json",
                "bucket.json",
                "--kind",
                "resource",
            ],
        ),
        ("explain", [&asks[..], &["reader.json"]].concat()),
        ("explain", vec!["--record", "allowed.log", "reader.json"]),
        ("explain", vec!["--record", "masked.log", "reader.json"]),
        (
            "explain",
            [
                &asks[..],
                &["--unknown-key", "aws:PrincipalTag/team", "reader.json"],
            ]
            .concat(),
        ),
        (
            "simulate",
            [
                &asks[..],
                &["--action", "mobiletargeting:CreateApp", "reader.json"],
            ]
            .concat(),
        ),
        (
            "simulate",
            [
                &asks[..],
                &["--unknown-key", "aws:PrincipalTag/team", "reader.json"],
            ]
            .concat(),
        ),
        ("test", vec!["reader.test.json"]),
        ("diff", vec!["reader.json", "wider.json"]),
        ("diff", vec!["reader.json", "reader.json"]),
        (
            "who-can",
            vec![
                "--kind",
                "resource",
                "s3:GetObject",
                "arn:aws:s3:::reports/a",
                "bucket.json",
            ],
        ),
        ("is-public", vec!["bucket.json"]),
        (
            "replay",
            vec!["--old", "reader.json", "--new", "wider.json", "log.jsonl"],
        ),
        (
            "replay",
            vec![
                "--old",
                "reader.json",
                "--new",
                "reader.json",
                "--used",
                "log.jsonl",
            ],
        ),
        (
            "least-privilege",
            vec![
                "--catalog",
                "mobiletargeting",
                "--scope",
                SCOPE,
                "CreateExportJob",
                "GetApp",
            ],
        ),
        ("tables", vec!["sms-voice"]),
        (
            "matrix",
            vec![
                "--catalog",
                "mobiletargeting",
                "--scope",
                SCOPE,
                "--policies",
                "policies",
            ],
        ),
    ] {
        let arguments = [&[command], &arguments[..], &["--format", "json"]].concat();
        let output = run(&path, &arguments);
        let printed: Value = serde_json::from_str(&text(&output.stdout))
            .unwrap_or_else(|error| panic!("{arguments:?}: {error}: {}", text(&output.stderr)));
        match command {
            "tables" | "matrix" => assert_valid(&tables, &printed, command),
            _ => assert_valid(&of_command(command), &printed, command),
        }
        // An output that is empty would conform to anything.
        assert!(text(&output.stdout).len() > 60, "{arguments:?}");
        seen.insert(command);
    }
    let line = json!({"name": "a", "kind": "identity", "document": fs::read_to_string(path.join("reader.json")).unwrap()});
    let mut batch = Command::new(env!("CARGO_BIN_EXE_pinpoint-iam"));
    let mut batch = batch
        .args(["lint", "--batch"])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let mut input = batch.stdin.take().unwrap();
    writeln!(input, "{line}\nnot JSON").unwrap();
    drop(input);
    let output = batch.wait_with_output().unwrap();
    let lines = text(&output.stdout);
    assert_eq!(lines.lines().count(), 2);
    for line in lines.lines() {
        assert_valid(
            &of_command("lint-batch"),
            &serde_json::from_str(line).unwrap(),
            "lint-batch",
        );
    }
    // Every command with `--format json` has a schema.
    let help = text(&run(&path, &["--help"]).stdout);
    let commands = help.split("Commands:\n").nth(1).unwrap().lines();
    let commands = commands.take_while(|line| !line.is_empty());
    for command in commands.filter_map(|line| line.split_whitespace().next()) {
        let help = text(&run(&path, &[command, "--help"]).stdout);
        let has_json = help.contains("--format <FORMAT>") && help.contains("json");
        if command != "help" && has_json {
            assert!(seen.contains(command), "{command} has no schema");
        }
    }
}

/// A schema that accepts everything would pass the test above.
#[test]
fn the_schema_rejects_other_output() {
    let schema = schema("output.schema.json");
    for (command, output) in [
        ("lint", json!({"documents": 1})),
        (
            "lint-batch",
            json!({"name": "a", "findings": [{"code": 3}], "error": null}),
        ),
        ("explain", json!({"allowed": true})),
        ("simulate", json!([{"result": "allowed"}])),
        ("test", json!([])),
        (
            "diff",
            json!([{"name": "a", "verdict": "other", "newly_allowed": null, "no_longer_allowed": null, "undecided": []}]),
        ),
        ("who-can", json!({"requests": [{}], "undecided": []})),
        (
            "is-public",
            json!([{"name": "a", "result": "perhaps", "witness": null, "undecided": []}]),
        ),
        ("least-privilege", json!({"documents": [], "remarks": []})),
        ("replay", json!({"equal": true, "records": -1})),
    ] {
        let mut of_command = schema.clone();
        of_command["$ref"] = json!(format!("#/$defs/{command}"));
        assert!(
            validate(&of_command, Draft::V2020_12, &output).is_err(),
            "{command}"
        );
    }
}
