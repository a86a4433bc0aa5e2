//! `pinpoint-iam lint` and `pinpoint-iam rule`.

#![expect(clippy::unwrap_used, reason = "a test whose set-up fails has failed")]

#[path = "lint/fix.rs"]
mod fix;
#[path = "lint/fmt.rs"]
mod fmt;
#[path = "lint/inputs.rs"]
mod inputs;
#[path = "lint/lsp.rs"]
mod lsp;
#[cfg(unix)]
#[path = "lint/progress.rs"]
mod progress;
#[path = "schemas/validation.rs"]
mod validation;

use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};
use std::{env, fs};

use boon::Draft;
use serde_json::Value;

use self::validation::validate;

const CLEAN: &str = r#"{"Version": "2012-10-17", "Statement": {"Effect": "Allow", "Action": "sms-voice:SendTextMessage", "Resource": "arn:aws:sms-voice:us-east-1:111122223333:phone-number/p1"}}"#;
const WRONG: &str = "{\n  \"Version\": \"2012-10-17\",\n  \"Statement\": {\"Effect\": \"allow\", \"Action\": \"s3:GetObject\", \"Resource\": \"*\"}\n}";

fn run(arguments: &[&str], input: &str) -> Output {
    run_in(Path::new("."), arguments, input)
}

fn run_in(directory: &Path, arguments: &[&str], input: &str) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_pinpoint-iam"));
    command.current_dir(directory);
    command.args(arguments).env("NO_COLOR", "1");
    command
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped());
    let mut child = command.spawn().unwrap();
    // The program may end before it has read everything.
    let _ = child.stdin.take().unwrap().write_all(input.as_bytes());
    child.wait_with_output().unwrap()
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

/// An empty directory for one test.
fn directory(name: &str) -> PathBuf {
    let path = Path::new(env!("CARGO_TARGET_TMPDIR"))
        .join("lint")
        .join(name);
    let _ = fs::remove_dir_all(&path);
    fs::create_dir_all(&path).unwrap();
    path
}

fn code(arguments: &[&str], input: &str) -> Option<i32> {
    run(arguments, input).status.code()
}

#[test]
fn exit_codes_depend_on_the_worst_class() {
    let statement =
        |members: &str| format!(r#"{{"Version": "2012-10-17", "Statement": {{{members}}}}}"#);
    for (document, expected) in [
        (CLEAN.to_owned(), 0),
        (
            statement(r#""Sid": "", "Effect": "Deny", "Action": "s3:*", "Resource": "*""#),
            11,
        ),
        (
            statement(r#""Effect": "Allow", "NotAction": "iam:*", "Resource": "arn:aws:s3:::b""#),
            12,
        ),
        (
            statement(r#""Effect": "Allow", "Action": "iam:PassRole", "Resource": "*""#),
            13,
        ),
        (WRONG.to_owned(), 14),
    ] {
        assert_eq!(
            code(&["lint", "-"], &document),
            Some(expected),
            "{document}"
        );
    }
    assert_eq!(code(&["lint"], ""), Some(2));
    assert_eq!(code(&["lint", "--kind", "identiy", "-"], CLEAN), Some(2));
    assert_eq!(code(&["lint", "--format", "xml", "-"], CLEAN), Some(2));
    let empty = directory("empty");
    assert_eq!(code(&["lint", empty.to_str().unwrap()], ""), Some(3));
}

#[test]
fn findings_are_shown_with_their_place() {
    let output = run(&["lint", "-"], WRONG);
    assert_eq!(
        text(&output.stdout),
        "error[invalid-effect]: unknown effect `allow` (INVALID_EFFECT)\n --> <stdin>:3:27\n  |\n3 |   \"Statement\": {\"Effect\": \"allow\", \"Action\": \"s3:GetObject\", \"Resource\": \"*\"}\n  |                           ^^^^^^^\n  |\n  = help: did you mean `Allow`?\n\n1 document: 1 error\n"
    );
    assert_eq!(
        text(&output.stderr),
        "no catalog: the actions of `s3` were not compared with a catalog\n"
    );
}

/// A directory of policies may use hundreds of services.
#[test]
fn the_first_services_without_a_catalog_are_listed() {
    let actions: Vec<String> = (10..23)
        .map(|number| format!("\"s{number}:Get\""))
        .collect();
    let document = CLEAN.replace(
        "\"sms-voice:SendTextMessage\"",
        &format!("[{}]", actions.join(", ")),
    );
    let output = run(&["lint", "-"], &document);
    assert_eq!(
        text(&output.stderr),
        "no catalog: the actions of `s10`, `s11`, `s12`, `s13`, `s14`, `s15`, `s16`, `s17`, `s18`, `s19` and 3 \
         other services were not compared with a catalog\n"
    );
}

#[test]
fn directories_respect_gitignore_and_unreadable_files_hide_nothing() {
    let path = directory("files");
    fs::write(path.join(".gitignore"), "ignored.json\n").unwrap();
    fs::write(path.join("ignored.json"), WRONG).unwrap();
    fs::write(path.join("notes.txt"), WRONG).unwrap();
    fs::write(path.join("b.json"), WRONG).unwrap();
    fs::write(path.join("a.json"), [0xff, 0xfe]).unwrap();
    let output = run(&["lint", "--format", "json", path.to_str().unwrap()], "");
    assert_eq!(output.status.code(), Some(1));
    assert!(
        text(&output.stderr).contains("a.json"),
        "{}",
        text(&output.stderr)
    );
    let report: Value = serde_json::from_slice(&output.stdout).unwrap();
    let findings = report["findings"].as_array().unwrap();
    assert_eq!(findings.len(), 1);
    assert!(findings[0]["file"].as_str().unwrap().ends_with("b.json"));
    let missing = run(&["lint", "no-such-file.json", "-"], WRONG);
    assert_eq!(missing.status.code(), Some(1));
    assert!(text(&missing.stdout).contains("invalid-effect"));
}

#[test]
fn documents_in_wrappers_are_found() {
    let wrapped = format!("{{\"Role\": 1, \"PolicyDocument\":\n{WRONG}}}");
    let output = run(&["lint", "--format", "json", "-"], &wrapped);
    let report: Value = serde_json::from_slice(&output.stdout).unwrap();
    let finding = &report["findings"][0];
    assert_eq!(
        (&finding["line"], &finding["column"]),
        (&Value::from(4), &Value::from(27))
    );
    let offset = usize::try_from(finding["offset"].as_u64().unwrap()).unwrap();
    assert!(wrapped.split_at(offset).1.starts_with("\"allow\""));
}

#[test]
fn a_catalog_file_adds_its_service() {
    let path = directory("catalog").join("widgets.toml");
    let catalog = "format = 1\n\n[service]\nprefix = \"widgets\"\nname = \"Widgets\"\n\n[actions.ListShops]\nsummary = \"Lists the shops.\"\n";
    fs::write(&path, catalog).unwrap();
    let document = r#"{"Version": "2012-10-17", "Statement": {"Effect": "Deny", "Action": "widgets:ListShop", "Resource": "*"}}"#;
    assert_eq!(code(&["lint", "-"], document), Some(0));
    let output = run(
        &["lint", "--catalog", path.to_str().unwrap(), "-"],
        document,
    );
    assert_eq!(output.status.code(), Some(14), "{}", text(&output.stderr));
    assert!(text(&output.stdout).contains("did you mean `widgets:ListShops`?"));
}

#[test]
fn batch_answers_every_line() {
    let line = |kind: &str, document: &str| {
        serde_json::json!({"name": "n", "kind": kind, "document": document}).to_string()
    };
    let input = [
        line("identity", WRONG),
        line("no-kind", WRONG),
        "{".to_owned(),
        line("trust", CLEAN),
    ]
    .join("\n");
    let output = run(&["lint", "--batch"], &input);
    assert_eq!(output.status.code(), Some(1));
    let lines: Vec<Value> = text(&output.stdout)
        .lines()
        .map(|line| serde_json::from_str(line).unwrap())
        .collect();
    assert_eq!(lines.len(), 4);
    assert_eq!(
        lines[0],
        serde_json::json!({
            "name": "n",
            "findings": [{
                "code": "invalid-effect",
                "aws_code": "INVALID_EFFECT",
                "class": "error",
                "line": 3,
                "column": 27,
                "message": "unknown effect `allow`; did you mean `Allow`?",
            }],
            "error": null,
        })
    );
    assert!(
        lines[1]["error"]
            .as_str()
            .unwrap()
            .contains("unknown kind of policy `no-kind`")
    );
    assert!(lines[2]["error"].is_string());
    assert!(lines[3]["error"].is_null());
    assert_eq!(
        code(&["lint", "--batch"], &line("identity", WRONG)),
        Some(0)
    );
}

#[test]
fn github_and_sarif_contain_the_finding() {
    let output = run(&["lint", "--format", "github", "-"], WRONG);
    assert_eq!(
        text(&output.stdout),
        "::error file=<stdin>,line=3,col=27,title=invalid-effect::unknown effect `allow`; did you mean `Allow`?\n"
    );
    let output = run(&["lint", "--format", "sarif", "-"], WRONG);
    let sarif: Value = serde_json::from_slice(&output.stdout).unwrap();
    let run = &sarif["runs"][0];
    assert_eq!(run["tool"]["driver"]["rules"][0]["id"], "invalid-effect");
    assert_eq!(run["results"][0]["ruleId"], "invalid-effect");
    let region = &run["results"][0]["locations"][0]["physicalLocation"]["region"];
    assert_eq!(
        (&region["startLine"], &region["startColumn"]),
        (&Value::from(3), &Value::from(27))
    );
}

#[test]
fn the_configuration_changes_classes_and_ignores_findings() {
    let path = directory("config");
    fs::write(path.join("p.json"), WRONG).unwrap();
    let lint = |more: &[&str]| run_in(&path, &[&["lint", "p.json"][..], more].concat(), "");
    assert_eq!(lint(&[]).status.code(), Some(14));
    let write = |text: &str| fs::write(path.join("pinpoint-iam.toml"), text).unwrap();
    write("[lint.severity]\ninvalid-effect = 'suggestion'\n");
    assert_eq!(lint(&[]).status.code(), Some(11));
    write("[[lint.ignore]]\ncode = 'invalid-effect'\nreason = 'a test'\n");
    let output = lint(&[]);
    assert_eq!(output.status.code(), Some(0));
    assert_eq!(text(&output.stdout), "1 document: no findings\n");
    write("[[lint.ignore]]\ncode = 'any-arn'\nreason = 'a test'\n");
    let output = lint(&[]);
    assert_eq!(output.status.code(), Some(14));
    let shown = text(&output.stdout);
    assert!(
        shown.contains("warning[unused-ignore]: the entry for `any-arn` matches no finding\n --> pinpoint-iam.toml:2:8"),
        "{shown}"
    );
    let output = lint(&["--format", "sarif"]);
    assert_valid_sarif(&serde_json::from_slice(&output.stdout).unwrap());

    // The sources of the service.
    write("[sources]\nkeys = ['aws:PrincipalOrgID']\n");
    let document = CLEAN.replace(
        "\"Effect\"",
        r#""Condition": {"StringEquals": {"aws:PrincipalOrgID": "o-a1b2c3d4e5"}}, "Effect""#,
    );
    fs::write(path.join("c.json"), &document).unwrap();
    let clean = || run_in(&path, &["lint", "c.json"], "");
    assert_eq!(clean().status.code(), Some(0), "{}", text(&clean().stdout));
    write("[sources]\n");
    let output = clean();
    assert_eq!(output.status.code(), Some(12));
    assert!(text(&output.stdout).contains("warning[key-without-source]"));
    let output = run(&["rule", "key-without-source"], "");
    assert!(text(&output.stdout).contains("`pinpoint-iam.toml`:\n\n  [sources]\n  keys = "));

    // An error in the configuration ends the run.
    write("[[lint.ignore]]\ncode = 'any-arn'\n");
    let output = lint(&[]);
    assert_eq!(output.status.code(), Some(1));
    assert_eq!(text(&output.stdout), "");
    assert_eq!(
        text(&output.stderr),
        "error: pinpoint-iam.toml:1:1: missing field `reason`\n"
    );
    fs::write(path.join("other.toml"), "").unwrap();
    assert_eq!(lint(&["--config", "other.toml"]).status.code(), Some(14));
    assert_eq!(lint(&["--config", "none.toml"]).status.code(), Some(1));
    assert!(run(&["rule", "unused-ignore"], "").status.success());
}

/// Validates the output with the [schema](https://docs.oasis-open.org/sarif/sarif/v2.1.0/os/schemas/sarif-schema-2.1.0.json)
/// of OASIS, and checks what it cannot express.
#[expect(clippy::indexing_slicing, reason = "a test fails by panicking")]
fn assert_valid_sarif(log: &Value) {
    let mut schema: Value =
        serde_json::from_str(include_str!("lint/sarif-schema-2.1.0.json")).unwrap();
    // This expression is not valid: it has a `]` without a `[`. The program does not write these members.
    for definition in ["run", "toolComponent"] {
        let language = &mut schema["definitions"][definition]["properties"]["language"];
        assert!(
            language
                .as_object_mut()
                .unwrap()
                .remove("pattern")
                .is_some()
        );
    }
    assert_eq!(validate(&schema, Draft::V7, log), Ok(()));
    let run = &log["runs"][0];
    let mut ids = Vec::new();
    for rule in run["tool"]["driver"]["rules"].as_array().unwrap() {
        let id = rule["id"].as_str().unwrap();
        assert!(!ids.contains(&id), "{id}");
        ids.push(id);
    }
    let results = run["results"].as_array().unwrap();
    assert!(!results.is_empty());
    for result in results {
        assert!(ids.contains(&result["ruleId"].as_str().unwrap()));
        let location = &result["locations"][0]["physicalLocation"];
        let uri = location["artifactLocation"]["uri"].as_str().unwrap();
        // A reference, in which other characters are escaped.
        let is_plain = |byte: u8| byte.is_ascii_alphanumeric() || b"/.-_~%".contains(&byte);
        assert!(uri.bytes().all(is_plain), "{uri}");
    }
}

#[test]
fn sarif_follows_its_schema() {
    let path = directory("sarif/a folder é");
    fs::write(path.join("p 1.json"), WRONG).unwrap();
    fs::write(path.join("q.json"), "{\"Statement\": [{}, 1]}").unwrap();
    let output = run(&["lint", "--format", "sarif", path.to_str().unwrap()], "");
    let mut log: Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_valid_sarif(&log);
    // The schema is not one that accepts everything.
    log["runs"][0]["results"][0]["level"] = "fatal".into();
    let result = std::panic::catch_unwind(|| assert_valid_sarif(&log));
    assert!(result.is_err());
}

#[test]
fn rules_are_explained() {
    let output = run(&["rule", "INVALID_EFFECT"], "");
    let shown = text(&output.stdout);
    assert!(
        shown.starts_with("invalid-effect (error, in IAM Access Analyzer INVALID_EFFECT)\n"),
        "{shown}"
    );
    assert!(
        shown.contains("it reports:") && shown.contains("it accepts:"),
        "{shown}"
    );
    let output = run(&["rule", "invalid-efect"], "");
    assert_eq!(output.status.code(), Some(2));
    assert!(text(&output.stderr).contains("did you mean `invalid-effect`?"));
    assert!(text(&run(&["rule"], "").stdout).lines().count() > 100);
}
