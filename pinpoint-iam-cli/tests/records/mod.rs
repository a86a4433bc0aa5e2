//! `pinpoint-iam explain --record`.

use std::fs;
use std::io::Write;
use std::path::Path;
use std::process::{Command, Output, Stdio};

use serde_json::{Value, json};

use super::{ANA, PROJECT, READER, directory, run, text};

/// The record of a decision of a service with the policy `READER`.
pub(crate) fn record(action: &str, keys: &Value, result: &Value) -> Value {
    let mut record = json!({
        "v": 1, "time": "2026-11-29T03:12:15.123456Z", "principal": {"arn": ANA},
        "action": action, "resource": format!("{PROJECT}/campaigns/c1"), "keys": keys, "revision": "7", "ns": 812,
    });
    for (name, value) in result.as_object().unwrap() {
        record[name] = value.clone();
    }
    record
}

fn by_statement(outcome: &str, reason: &str, number: usize) -> Value {
    json!({"outcome": outcome, "reason": reason, "policy_type": "identity-based policy",
        "statement": {"policy": "reader.json", "number": number}})
}

fn explained(path: &Path, record: &str, more: &[&str]) -> Output {
    fs::write(path.join("decisions.log"), record).unwrap();
    let arguments = ["explain", "--record", "decisions.log", "reader.json"];
    run(path, &[&arguments[..], more].concat())
}

const GET: &str = "mobiletargeting:GetCampaign";
const UPDATE: &str = "mobiletargeting:UpdateCampaign";
const DELETE: &str = "mobiletargeting:DeleteCampaign";

#[test]
fn a_record_is_explained_and_compared_with_the_policies() {
    let path = directory("records");
    fs::write(path.join("reader.json"), READER).unwrap();
    let none = json!({});
    let home = json!({"aws:SourceIp": "203.0.113.7"});
    let away = json!({"aws:SourceIp": "198.51.100.7"});
    let masked = json!({"aws:SourceIp": {"state": "masked"}});
    let unknown = json!({"aws:SourceIp": {"state": "unknown"}});
    let absent = json!({"aws:SourceIp": null});
    let implicit = json!({"outcome": "deny", "reason": "implicit_deny", "policy_type": "identity-based policy"});
    let undecided =
        json!({"outcome": "undecided", "reason": "indeterminate", "needs": ["aws:SourceIp"]});
    let expired = json!({"outcome": "deny", "reason": "policies_expired"});
    let allow = |number| by_statement("allow", "statement", number);
    let deny = |number| by_statement("deny", "explicit_deny", number);
    for (action, keys, result, code, comparison) in [
        (GET, &none, allow(1), 0, "same"),
        (GET, &none, allow(2), 0, "other_reason"),
        (GET, &none, deny(1), 17, "different"),
        (GET, &none, implicit.clone(), 17, "different"),
        (GET, &none, expired.clone(), 17, "different"),
        (DELETE, &none, deny(2), 0, "same"),
        (DELETE, &none, implicit.clone(), 0, "other_reason"),
        (DELETE, &none, expired, 0, "other_reason"),
        (DELETE, &none, undecided.clone(), 17, "different"),
        (UPDATE, &home, allow(3), 0, "same"),
        (UPDATE, &away, implicit.clone(), 0, "same"),
        (UPDATE, &absent, implicit.clone(), 0, "same"),
        // A masked value is unknown, not absent.
        (UPDATE, &masked, allow(3), 17, "not_decidable"),
        (UPDATE, &masked, implicit.clone(), 17, "not_decidable"),
        (UPDATE, &unknown, undecided, 0, "same"),
        // The decision has not read the key, so the record does not contain it.
        (UPDATE, &none, implicit, 17, "not_decidable"),
    ] {
        let record = record(action, keys, &result).to_string();
        let output = explained(&path, &record, &["--format", "json"]);
        let shown: Value = serde_json::from_slice(&output.stdout).unwrap();
        assert_eq!(shown["record"]["comparison"], comparison, "{record}");
        assert_eq!(output.status.code(), Some(code), "{record}");
        let is_masked = keys == &masked;
        let names = shown["record"]["masked_keys"].as_array().unwrap();
        assert_eq!(!names.is_empty(), is_masked, "{record}");
    }
}

#[test]
fn the_text_is_that_of_a_request_and_names_the_recorded_decision() {
    let path = directory("records-text");
    fs::write(path.join("reader.json"), READER).unwrap();
    let line = record(GET, &json!({}), &by_statement("allow", "statement", 1)).to_string();
    let output = explained(&path, &line, &[]);
    let campaign = format!("{PROJECT}/campaigns/c1");
    let arguments = ["explain", "--principal", ANA, "--action", GET, "--resource"];
    // The decision has not read the key, so the record does not contain it.
    let unknown = ["--unknown-key", "aws:SourceIp", "reader.json"];
    let usual = run(&path, &[&arguments[..], &[&campaign], &unknown].concat());
    let (shown, usual) = (text(&output.stdout), text(&usual.stdout));
    let rest = shown.strip_prefix(&usual);
    assert_eq!(
        rest,
        Some(
            "\nrecorded at 2026-11-29T03:12:15.123456Z, with revision `7`: allowed by statement 1 of the identity-based policy `reader.json`\nthese policies decide the same, for the same reason\n"
        ),
        "{shown}"
    );
    let masked = json!({"aws:SourceIp": {"state": "masked"}});
    let line = record(UPDATE, &masked, &by_statement("allow", "statement", 3)).to_string();
    let shown = text(&explained(&path, &line, &[]).stdout);
    for expected in [
        "depend on condition keys whose values are not in the record",
        "does not contain their values: aws:SourceIp\n",
    ] {
        assert!(shown.contains(expected), "{shown}");
    }
    let mut grouped = record(GET, &json!({}), &by_statement("allow", "statement", 1));
    grouped["principal"]["groups"] = json!(["readers"]);
    let shown = text(&explained(&path, &grouped.to_string(), &[]).stdout);
    assert!(shown.contains("has added: readers; pass"), "{shown}");
}

#[test]
fn session_policies_of_a_record_limit_it() {
    let path = directory("records-session");
    fs::write(path.join("reader.json"), READER).unwrap();
    let document = json!({"Version": "2012-10-17", "Statement": [
        {"Effect": "Allow", "Action": "mobiletargeting:GetApp", "Resource": "*"}]});
    let result =
        json!({"outcome": "deny", "reason": "implicit_deny", "policy_type": "session policy"});
    let mut line = record(GET, &json!({}), &result);
    line["principal"]["session_policies"] = json!([{"name": "narrow", "document": document}]);
    let output = explained(&path, &line.to_string(), &["--format", "json"]);
    let shown: Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!(shown["record"]["comparison"], "same", "{shown}");
    assert_eq!(shown["allowed"], false);
}

#[test]
fn records_that_cannot_be_explained_are_reported() {
    let path = directory("records-errors");
    fs::write(path.join("reader.json"), READER).unwrap();
    let good = record(GET, &json!({}), &by_statement("allow", "statement", 1));
    let line = good.to_string();
    let with = |name: &str, value: Value| {
        let mut other = good.clone();
        other[name] = value;
        other.to_string()
    };
    let several = format!("{line}\n\n{line}\n");
    let torn = format!("{line}\n{}", &line[..60]);
    let list = json!({"kind": "filter", "considered": 2, "selected": 1});
    let listed = record(
        "mobiletargeting:GetApps",
        &json!({}),
        &json!({"outcome": "list", "list": list}),
    );
    for (content, more, code, message) in [
        (&*line, &[][..], 0, ""),
        (&*several, &["--line", "3"], 0, ""),
        (
            &*several,
            &[],
            2,
            "contains several records; select one with `--line`",
        ),
        (&*several, &["--line", "4"], 2, "has no line 4"),
        (
            &*several,
            &["--line", "2"],
            1,
            "decisions.log:2: the record of a decision is not complete",
        ),
        ("", &[], 3, "contains no record"),
        (
            &*torn,
            &["--line", "2"],
            1,
            "decisions.log:2: the record of a decision is not complete",
        ),
        (
            r#"{"level": "info"}"#,
            &[],
            1,
            "not a record of a decision log: missing field",
        ),
        (
            "GET / 200",
            &[],
            1,
            "decisions.log:1: this is not a record of a decision log",
        ),
        (&*with("v", json!(2)), &[], 1, "version 2 of the format"),
        (&*with("action", json!("Get")), &[], 1, "Get"),
        (
            &*with("principal", json!({})),
            &[],
            1,
            "`principal` needs either `arn`",
        ),
        (&*listed.to_string(), &[], 1, "the record is about a list"),
        (&*line, &["--principal", ANA], 2, "cannot be used with"),
        (
            &*line,
            &["--key", "aws:SourceIp=::1"],
            2,
            "cannot be used with",
        ),
        (&*line, &["missing.json"], 1, "missing.json"),
        (&*line, &["--expect", "denied"], 17, "expected denied"),
    ] {
        let output = explained(&path, content, more);
        let errors = text(&output.stderr);
        assert_eq!(
            output.status.code(),
            Some(code),
            "{content} {more:?}: {errors}"
        );
        assert!(errors.contains(message), "{content} {more:?}: {errors}");
        assert!(code != 0 || errors.is_empty(), "{errors}");
    }
    // Without a record, a request is required.
    let output = run(&path, &["explain", "reader.json"]);
    assert_eq!(output.status.code(), Some(2));
    let output = run(&path, &["explain", "--record", "none.log", "reader.json"]);
    assert_eq!(output.status.code(), Some(1));
}

#[test]
fn a_record_is_read_from_standard_input() {
    let path = directory("records-stdin");
    fs::write(path.join("reader.json"), READER).unwrap();
    let line = record(GET, &json!({}), &by_statement("allow", "statement", 1)).to_string();
    let ask = |policies: &str| {
        let mut child = Command::new(env!("CARGO_BIN_EXE_pinpoint-iam"))
            .current_dir(&path)
            .args(["explain", "--record", "-", policies])
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        // A program that rejects its arguments does not read.
        let _ = child.stdin.take().unwrap().write_all(line.as_bytes());
        child.wait_with_output().unwrap().status.code()
    };
    assert_eq!(ask("reader.json"), Some(0));
    assert_eq!(ask("-"), Some(2));
}
