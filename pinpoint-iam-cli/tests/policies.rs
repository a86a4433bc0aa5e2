//! `pinpoint-iam explain`, `simulate`, `test`, `diff`, `who-can`, `is-public` and `replay`.

#![expect(
    clippy::indexing_slicing,
    clippy::panic,
    clippy::string_slice,
    clippy::unwrap_used,
    reason = "a test fails by panicking"
)]

mod accounts;
mod comparison;
mod documents;
#[cfg(unix)]
mod help;
mod records;
mod replay;
mod scaffold;
mod schemas;

use std::path::{Path, PathBuf};
use std::process::{Command, Output};
use std::{env, fs};

use serde_json::Value;

const ANA: &str = "arn:aws:iam::123456789012:user/ana";
const PROJECT: &str = "arn:aws:mobiletargeting:us-east-1:123456789012:apps/a1";
const READER: &str = r#"{
  "Version": "2012-10-17",
  "Statement": [
    {"Sid": "Read", "Effect": "Allow", "Action": "mobiletargeting:Get*", "Resource": "arn:aws:mobiletargeting:*:123456789012:apps/a1/*"},
    {"Sid": "NoDelete", "Effect": "Deny", "Action": "mobiletargeting:Delete*", "Resource": "*"},
    {"Sid": "Home", "Effect": "Allow", "Action": "mobiletargeting:UpdateCampaign", "Resource": "*", "Condition": {"IpAddress": {"aws:SourceIp": "203.0.113.0/24"}}}
  ]
}"#;

/// An empty directory for one test.
fn directory(name: &str) -> PathBuf {
    let path = Path::new(env!("CARGO_TARGET_TMPDIR"))
        .join("policies")
        .join(name);
    let _ = fs::remove_dir_all(&path);
    fs::create_dir_all(&path).unwrap();
    path
}

fn run(directory: &Path, arguments: &[&str]) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_pinpoint-iam"));
    command.current_dir(directory).args(arguments);
    command.output().unwrap()
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

fn code(directory: &Path, arguments: &[&str]) -> i32 {
    run(directory, arguments).status.code().unwrap()
}

#[test]
fn a_decision_is_explained_statement_by_statement() {
    let path = directory("explain");
    fs::write(path.join("reader.json"), READER).unwrap();
    let campaign = format!("{PROJECT}/campaigns/c1");
    let ask = |action: &str, more: &[&str]| {
        let arguments = [
            "explain",
            "--principal",
            ANA,
            "--action",
            action,
            "--resource",
        ];
        run(
            &path,
            &[&arguments[..], &[&campaign, "reader.json"], more].concat(),
        )
    };
    let output = ask("mobiletargeting:GetCampaign", &[]);
    assert_eq!(output.status.code(), Some(0));
    let shown = text(&output.stdout);
    assert!(
        shown.starts_with(
            "allowed by statement 1 of the identity-based policy `reader.json` (`Read`)\n"
        ),
        "{shown}"
    );
    assert!(shown.contains("statement 2 `NoDelete`, line 5: Deny does not match"));
    for (action, more, expected) in [
        (
            "mobiletargeting:GetCampaign",
            &["--expect", "allowed"][..],
            0,
        ),
        ("mobiletargeting:GetCampaign", &["--expect", "denied"], 17),
        ("mobiletargeting:DeleteCampaign", &["--expect", "denied"], 0),
        (
            "mobiletargeting:DeleteCampaign",
            &["--expect", "explicitly-denied"],
            0,
        ),
        (
            "mobiletargeting:DeleteCampaign",
            &["--expect", "implicitly-denied"],
            17,
        ),
        (
            "mobiletargeting:CreateCampaign",
            &["--expect", "implicitly-denied"],
            0,
        ),
        (
            "mobiletargeting:UpdateCampaign",
            &["--expect", "implicitly-denied"],
            0,
        ),
        (
            "mobiletargeting:UpdateCampaign",
            &["--expect", "allowed", "--key", "aws:SourceIp=203.0.113.7"],
            0,
        ),
        (
            "mobiletargeting:UpdateCampaign",
            &["--expect", "undecided", "--unknown-key", "aws:SourceIp"],
            0,
        ),
    ] {
        let output = ask(action, more);
        assert_eq!(
            output.status.code(),
            Some(expected),
            "{action} {more:?}: {}",
            text(&output.stderr)
        );
    }
    let output = ask("mobiletargeting:GetCampaign", &["--format", "json"]);
    let report: Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!(report["allowed"], Value::Bool(true));
    assert_eq!(ask("GetCampaign", &[]).status.code(), Some(2));
    assert_eq!(ask("a:b", &["--key", "x=1"]).status.code(), Some(2));
    assert_eq!(ask("a:b", &["missing.json"]).status.code(), Some(1));
}

#[test]
fn all_types_of_policies_take_part() {
    let path = directory("types");
    let statement = |members: &str| {
        format!(
            r#"{{"Version": "2012-10-17", "Statement": {{{members}, "Action": "s3:*", "Resource": "*"}}}}"#
        )
    };
    fs::write(path.join("allow.json"), statement(r#""Effect": "Allow""#)).unwrap();
    fs::write(path.join("deny.json"), statement(r#""Effect": "Deny""#)).unwrap();
    fs::write(
        path.join("bucket.json"),
        statement(&format!(
            r#""Effect": "Allow", "Principal": {{"AWS": "{ANA}"}}"#
        )),
    )
    .unwrap();
    let ask = |more: &[&str]| {
        let arguments = [
            "simulate",
            "--principal",
            ANA,
            "--action",
            "s3:GetObject",
            "--resource",
            "arn:aws:s3:::b/x",
            "--expect",
            "allowed",
        ];
        code(&path, &[&arguments[..], more].concat())
    };
    assert_eq!(ask(&[]), 17);
    assert_eq!(ask(&["allow.json"]), 0);
    assert_eq!(ask(&["--resource-policy", "bucket.json"]), 0);
    for limit in ["--boundary", "--session", "--scp"] {
        assert_eq!(ask(&["allow.json", limit, "allow.json"]), 0, "{limit}");
        assert_eq!(ask(&["allow.json", limit, "deny.json"]), 17, "{limit}");
    }
    assert_eq!(ask(&["allow.json", "--rcp", "deny.json"]), 17);
    assert_eq!(
        ask(&["allow.json", "--scp", "allow.json", "--scp", "deny.json"]),
        17
    );
}

#[test]
fn a_key_with_several_values_is_multivalued() {
    let path = directory("keys");
    fs::write(
        path.join("p.json"),
        r#"{"Version": "2012-10-17", "Statement": {"Effect": "Allow", "Action": "s3:*", "Resource": "*",
            "Condition": {"ForAllValues:StringEquals": {"aws:TagKeys": ["a", "b"]}, "Null": {"aws:TagKeys": "false"}}}}"#,
    )
    .unwrap();
    fs::write(path.join("keys.json"), r#"{"aws:TagKeys": ["a", "c"]}"#).unwrap();
    let ask = |expected: &str, more: &[&str]| {
        let arguments = [
            "simulate",
            "p.json",
            "--principal",
            ANA,
            "--action",
            "s3:GetObject",
            "--expect",
        ];
        code(&path, &[&arguments[..], &[expected], more].concat())
    };
    let key = "--key";
    assert_eq!(
        ask("allowed", &[key, "aws:TagKeys=a", key, "aws:TagKeys=b"]),
        0
    );
    assert_eq!(
        ask("denied", &[key, "aws:TagKeys=a", key, "aws:TagKeys=c"]),
        0
    );
    assert_eq!(ask("denied", &["--context", "keys.json"]), 0);
    assert_eq!(ask("denied", &[]), 0);
}

const SUITE: &str = r#"
[policies]
identity = ["policies/reader.json"]

[[test]]
name = "reads"
principal = "arn:aws:iam::123456789012:user/ana"
action = ["mobiletargeting:GetCampaign", "mobiletargeting:GetSegment"]
resource = "arn:aws:mobiletargeting:us-east-1:123456789012:apps/a1/campaigns/c1"
expect = "allowed"
statement = "Read"

[[test]]
name = "writes from the office"
principal = "arn:aws:iam::123456789012:user/ana"
action = "mobiletargeting:UpdateCampaign"
resource = "arn:aws:mobiletargeting:us-east-1:123456789012:apps/a1/campaigns/c1"
context = { "aws:SourceIp" = "203.0.113.7" }
expect = "allowed"
statement = 3
"#;

#[test]
fn policy_tests_report_failures_and_coverage() {
    let path = directory("test");
    fs::create_dir_all(path.join("suite/policies")).unwrap();
    fs::write(path.join("suite/policies/reader.json"), READER).unwrap();
    let write = |name: &str, text: &str| fs::write(path.join("suite").join(name), text).unwrap();
    write("good.toml", SUITE);
    let output = run(&path, &["test", "suite/good.toml"]);
    assert_eq!(output.status.code(), Some(0), "{}", text(&output.stderr));
    assert_eq!(
        text(&output.stdout),
        "ok     suite/good.toml: reads\nok     suite/good.toml: writes from the office\n\nstatements that no test matches:\n  suite/policies/reader.json:5: statement 2 (`NoDelete`)\n\n2 passed, 0 failed; 2 of 3 statements matched\n"
    );
    assert_eq!(
        code(&path, &["test", "--require-coverage", "suite/good.toml"]),
        17
    );

    write(
        "wrong.toml",
        &SUITE.replace("\"allowed\"\nstatement = 3", "\"denied\""),
    );
    let output = run(&path, &["test", "suite/wrong.toml"]);
    assert_eq!(output.status.code(), Some(17));
    assert!(text(&output.stdout).contains("is allowed, expected denied: allowed by statement 3"));
    write(
        "cited.toml",
        &SUITE.replace("statement = 3", "statement = 1"),
    );
    let output = run(&path, &["test", "suite/cited.toml"]);
    assert_eq!(output.status.code(), Some(17));
    assert!(text(&output.stdout).contains("is not decided by statement 1"));

    // A file that cannot be read does not hide the others.
    for (name, broken, message) in [
        (
            "kind",
            SUITE.replace("expect = \"allowed\"", "expect = \"allow\""),
            "unknown variant `allow`",
        ),
        (
            "member",
            SUITE.replace("context =", "contexts ="),
            "unknown field `contexts`",
        ),
        (
            "policy",
            SUITE.replace("reader.json", "none.json"),
            "cannot read",
        ),
        (
            "action",
            SUITE.replace("mobiletargeting:Update", "Update"),
            "is not an action",
        ),
        (
            "none",
            SUITE.replace(
                "[\"mobiletargeting:GetCampaign\", \"mobiletargeting:GetSegment\"]",
                "[]",
            ),
            "is empty",
        ),
    ] {
        write(&format!("{name}.toml"), &broken);
        let file = format!("suite/{name}.toml");
        let output = run(&path, &["test", &file, "suite/good.toml"]);
        assert_eq!(output.status.code(), Some(1), "{name}");
        let errors = text(&output.stderr);
        assert!(errors.contains(message), "{name}: {errors}");
        assert!(
            text(&output.stdout).contains("ok     suite/good.toml: reads"),
            "{name}"
        );
    }
    write(
        "empty.toml",
        "[policies]\nidentity = [\"policies/reader.json\"]\n",
    );
    assert_eq!(code(&path, &["test", "suite/empty.toml"]), 3);
}

#[test]
fn policy_tests_are_written_in_json_and_reported_as_junit() {
    let path = directory("junit");
    fs::write(path.join("p.json"), READER).unwrap();
    fs::write(
        path.join("tests.json"),
        r#"{"policies": {"identity": ["p.json"]}, "test": [
            {"name": "a <b> & \"c\"", "principal": "*", "action": "s3:GetObject", "expect": "denied"},
            {"name": "fails", "principal": "sns.amazonaws.com", "action": "s3:GetObject", "expect": "allowed"}]}"#,
    )
    .unwrap();
    let output = run(&path, &["test", "--format", "junit", "tests.json"]);
    assert_eq!(output.status.code(), Some(17));
    let report = text(&output.stdout);
    assert!(report.contains("tests=\"2\" failures=\"1\""), "{report}");
    assert!(
        report.contains("name=\"a &lt;b&gt; &amp; &quot;c&quot;\"/>"),
        "{report}"
    );
    assert!(
        report.contains("<failure message=\"`s3:GetObject` on `*` is implicitly-denied"),
        "{report}"
    );
    let output = run(&path, &["test", "--format", "json", "tests.json"]);
    let report: Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!(report["tests"][1]["passed"], Value::Bool(false));
    assert_eq!(report["statements"].as_array().unwrap().len(), 3);
}

#[test]
fn a_difference_has_an_exit_code_and_a_request() {
    let path = directory("diff");
    for side in ["old", "new"] {
        fs::create_dir_all(path.join(side)).unwrap();
        fs::write(path.join(side).join("reader.json"), READER).unwrap();
    }
    assert_eq!(code(&path, &["diff", "old", "new"]), 0);
    let wider = READER.replace("apps/a1/*", "apps/a1*");
    fs::write(path.join("new/reader.json"), &wider).unwrap();
    let output = run(&path, &["diff", "old", "new"]);
    assert_eq!(output.status.code(), Some(15));
    let shown = text(&output.stdout);
    assert!(
        shown.starts_with("reader.json: wider\n\n  newly allowed:\n"),
        "{shown}"
    );
    assert_eq!(code(&path, &["diff", "new", "old"]), 0);
    assert_eq!(
        code(&path, &["diff", "old/reader.json", "new/reader.json"]),
        15
    );

    let output = run(&path, &["diff", "--format", "json", "old", "new"]);
    let report: Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!(report[0]["verdict"], "wider");
    assert_eq!(report[0]["newly_allowed"]["witness"]["resource"], PROJECT);
    assert_eq!(report[0]["newly_allowed"]["responsible"][0]["number"], 1);

    // A new policy allows, and a removed limit no longer denies.
    fs::write(path.join("new/reader.json"), READER).unwrap();
    fs::write(path.join("new/more.json"), READER).unwrap();
    assert_eq!(code(&path, &["diff", "old", "new"]), 15);
    assert_eq!(code(&path, &["diff", "new", "old"]), 0);
    assert_eq!(code(&path, &["diff", "--kind", "scp", "old", "new"]), 0);
    assert_eq!(code(&path, &["diff", "--kind", "scp", "new", "old"]), 15);

    assert_eq!(code(&path, &["diff", "old", "nowhere"]), 1);
    assert_eq!(code(&path, &["diff", "old", "no-such-revision:old"]), 1);
    assert_eq!(code(&path, &["diff", "old", ":old"]), 2);
    fs::create_dir_all(path.join("empty")).unwrap();
    assert_eq!(code(&path, &["diff", "old", "empty"]), 3);
    fs::write(path.join("new/more.json"), "{").unwrap();
    assert_eq!(code(&path, &["diff", "old", "new"]), 1);
}

fn git(directory: &Path, arguments: &[&str]) {
    let mut command = Command::new("git");
    command.current_dir(directory).args(arguments);
    for (name, value) in [("NAME", "a"), ("EMAIL", "a@example.org")] {
        command.env(format!("GIT_AUTHOR_{name}"), value);
        command.env(format!("GIT_COMMITTER_{name}"), value);
    }
    assert!(command.output().unwrap().status.success(), "{arguments:?}");
}

#[test]
fn revisions_of_git_are_compared() {
    let path = directory("git");
    let git = |arguments: &[&str]| git(&path, arguments);
    git(&["init", "-q"]);
    fs::create_dir_all(path.join("policies/deep")).unwrap();
    fs::write(path.join("policies/deep/reader.json"), READER).unwrap();
    fs::write(path.join("policies/notes.txt"), "no policy").unwrap();
    git(&["add", "."]);
    git(&["commit", "-q", "-m", "policies"]);
    assert_eq!(code(&path, &["diff", "HEAD:policies", "policies"]), 0);
    let wider = READER.replace("apps/a1/*", "apps/a1*");
    fs::write(path.join("policies/deep/reader.json"), wider).unwrap();
    let output = run(&path, &["diff", "HEAD:policies", "policies"]);
    assert_eq!(output.status.code(), Some(15), "{}", text(&output.stderr));
    assert!(text(&output.stdout).starts_with("deep/reader.json: wider"));
    git(&["commit", "-q", "-a", "-m", "wider"]);
    assert_eq!(
        code(&path, &["diff", "HEAD~1:policies", "HEAD:policies"]),
        15
    );
    assert_eq!(
        code(&path, &["diff", "HEAD:policies", "HEAD~1:policies"]),
        0
    );
    let file = "policies/deep/reader.json";
    let (before, after) = (format!("HEAD~1:{file}"), format!("HEAD:{file}"));
    assert_eq!(code(&path, &["diff", &before, &after]), 15);
    for (old, expected) in [
        (
            "HEAD:nothing",
            "error: cannot read `HEAD:nothing`: the git revision `HEAD` does not contain `nothing`\n",
        ),
        (
            "origin/main:policies",
            "error: cannot read `origin/main:policies`: it is not a file, and there is no git revision \
             `origin/main`; fetch it first if the clone is shallow\n",
        ),
    ] {
        let output = run(&path, &["diff", old, "policies"]);
        assert_eq!(output.status.code(), Some(1));
        assert_eq!(text(&output.stderr), expected);
    }
    let outside = directory("no-git");
    let mut command = Command::new(env!("CARGO_BIN_EXE_pinpoint-iam"));
    command.args(["diff", "HEAD:policies", "policies"]);
    // The repository that contains this one is not meant.
    command.env("GIT_CEILING_DIRECTORIES", outside.parent().unwrap());
    let output = command.current_dir(&outside).output().unwrap();
    assert_eq!(output.status.code(), Some(1));
    let errors = text(&output.stderr);
    assert!(errors.contains("not a git repository"), "{errors}");
}

const BUCKET: &str = r#"{"Version": "2012-10-17", "Statement": {"Effect": "Allow", "Principal": PRINCIPAL,
    "Action": "s3:GetObject", "Resource": "arn:aws:s3:::b/*"}}"#;

/// A revision names the same policies in every directory of the repository.
#[test]
fn revisions_of_git_are_read_from_any_directory() {
    let path = directory("git-directories");
    fs::create_dir_all(path.join("deep/policies/inner")).unwrap();
    for file in ["deep/policies/a.json", "deep/policies/inner/b é.json"] {
        fs::write(path.join(file), READER).unwrap();
    }
    fs::write(path.join("deep/policies/notes.txt"), "x").unwrap();
    git(&path, &["init", "-q"]);
    git(&path, &["add", "."]);
    git(&path, &["commit", "-q", "-m", "policies"]);
    for (directory, old, new) in [
        ("", "HEAD:deep/policies", "deep/policies"),
        ("deep", "HEAD:deep/policies", "policies"),
        ("deep", "HEAD:./policies", "policies"),
        ("deep/policies/inner", "HEAD:../", "../"),
        ("deep/policies/inner", "HEAD:..", ".."),
        ("deep/policies", "HEAD:deep/policies/inner", "inner"),
    ] {
        let output = run(&path.join(directory), &["diff", old, new]);
        let shown = text(&output.stdout);
        assert_eq!(
            output.status.code(),
            Some(0),
            "{old}: {}",
            text(&output.stderr)
        );
        assert!(shown.contains("b é.json: equal\n"), "{old}: {shown}");
        assert_eq!(
            shown.lines().count(),
            if old.ends_with("inner") { 1 } else { 2 }
        );
    }
    assert_eq!(code(&path, &["diff", "HEAD:nothing", "deep"]), 1);
    assert_eq!(code(&path, &["diff", "--", "-x:deep", "deep"]), 2);
}

/// A file would be compared with no policy, which looks like new access.
#[test]
fn a_file_is_not_compared_with_a_directory() {
    let path = directory("file-and-directory");
    fs::create_dir_all(path.join("policies")).unwrap();
    fs::write(path.join("policies/a.json"), READER).unwrap();
    for (old, new) in [
        ("policies", "policies/a.json"),
        ("policies/a.json", "policies"),
    ] {
        let output = run(&path, &["diff", old, new]);
        assert_eq!(output.status.code(), Some(2));
        assert!(text(&output.stderr).contains("compare two files or two directories"));
    }
}

/// Attachments are compared user by user, also those of a git revision.
#[test]
fn attachments_are_compared() {
    let path = directory("attachments");
    let write = |side: &str, content: &str| {
        fs::create_dir_all(path.join(side)).unwrap();
        fs::write(path.join(side).join("a.json"), READER).unwrap();
        fs::write(path.join(side).join("attachments.json"), content).unwrap();
    };
    let ana = r#"{"users": {"arn:aws:iam::123456789012:user/ana": {"policies": ["a.json"]}}}"#;
    let both = r#"{"users": {"arn:aws:iam::123456789012:user/ana": {"policies": ["a.json"]},
        "arn:aws:iam::123456789012:user/bo": {"policies": ["a.json"]}}}"#;
    write("old", ana);
    write("new", both);
    git(&path, &["init", "-q"]);
    git(&path, &["add", "."]);
    git(&path, &["commit", "-q", "-m", "policies"]);
    for (old, new, expected) in [
        ("old", "old", 0),
        ("old", "new", 15),
        ("new", "old", 0),
        ("HEAD:old", "old", 0),
        ("HEAD:old", "new", 15),
        ("HEAD:old", "HEAD:new", 15),
        ("HEAD:new", "HEAD:old", 0),
    ] {
        let output = run(&path, &["diff", old, new]);
        let shown = text(&output.stdout);
        assert_eq!(output.status.code(), Some(expected), "{old} {new}: {shown}");
        assert_eq!(shown.contains("user/bo: wider"), expected == 15, "{shown}");
    }
    write("broken", ana);
    fs::remove_file(path.join("broken/a.json")).unwrap();
    git(&path, &["add", "."]);
    git(&path, &["commit", "-q", "-m", "broken"]);
    let output = run(&path, &["diff", "HEAD:broken", "old"]);
    assert_eq!(output.status.code(), Some(1));
    let errors = text(&output.stderr);
    assert!(
        errors.starts_with("error: HEAD:broken/attachments.json:1:"),
        "{errors}"
    );

    // Those of a subdirectory are not compared, so a change is not reported as equal.
    for (side, content) in [("one/sub", ana), ("two/sub", both)] {
        write(side, content);
        fs::write(path.join(side).join("../b.json"), READER).unwrap();
    }
    assert_eq!(code(&path, &["diff", "one", "one"]), 0);
    let output = run(&path, &["diff", "one", "two"]);
    assert_eq!(output.status.code(), Some(16));
    assert!(
        text(&output.stderr)
            .starts_with("undecided: `attachments.json` of a subdirectory has changed")
    );
}

#[test]
fn tests_are_found_in_directories_and_by_patterns() {
    let path = directory("tests");
    fs::create_dir_all(path.join("suite/policies")).unwrap();
    fs::write(path.join("suite/policies/reader.json"), READER).unwrap();
    for (name, content) in [
        ("suite/a.test.toml", SUITE),
        ("suite/other.toml", "x"),
        (
            "suite/b.test.json",
            r#"{"policies": {}, "test": [{"name": "b", "principal": "*", "action": "s3:GetObject", "expect": "denied"}]}"#,
        ),
    ] {
        fs::write(path.join(name), content).unwrap();
    }
    for (paths, passed) in [
        (&["suite"][..], 3),
        (&["suite/*.test.toml"], 2),
        (&["s*/*.test.*"], 3),
    ] {
        let output = run(&path, &[&["test"], paths].concat());
        assert_eq!(
            output.status.code(),
            Some(0),
            "{paths:?}: {}",
            text(&output.stderr)
        );
        assert!(
            text(&output.stdout).contains(&format!("{passed} passed")),
            "{paths:?}"
        );
    }
    assert_eq!(code(&path, &["test", "suite/*.none"]), 3);
    let output = run(&path, &["test", "suite/policies"]);
    assert_eq!(output.status.code(), Some(3));
    assert_eq!(
        text(&output.stderr),
        "error: there are no tests; in a directory, they are the files `*.test.toml` and `*.test.json`\n"
    );
}

/// A file that cannot be parsed fails the run, and does not hide what the others allow.
#[test]
fn broken_files_do_not_hide_new_or_public_access() {
    let path = directory("broken-files");
    let wider = READER.replace("apps/a1/*", "apps/a1*");
    let public = r#"{"Version": "2012-10-17", "Statement": {"Effect": "Allow", "Principal": "*", "Action": "s3:GetObject", "Resource": "arn:aws:s3:::b/*"}}"#;
    for (name, content) in [
        ("old/a.json", "{"),
        ("old/b.json", READER),
        ("new/a.json", READER),
        ("new/b.json", wider.as_str()),
        ("buckets/a.json", "{"),
        ("buckets/b.json", READER),
        ("buckets/c.json", public),
    ] {
        let file = path.join(name);
        fs::create_dir_all(file.parent().unwrap()).unwrap();
        fs::write(file, content).unwrap();
    }
    git(&path, &["init", "-q"]);
    git(&path, &["add", "."]);
    git(&path, &["commit", "-q", "-m", "policies"]);
    for (old, new) in [
        ("old", "new"),
        ("new", "old"),
        ("HEAD:old", "new"),
        ("new", "HEAD:old"),
    ] {
        let output = run(&path, &["diff", old, new]);
        let (shown, errors) = (text(&output.stdout), text(&output.stderr));
        assert_eq!(output.status.code(), Some(1), "{old} {new}");
        assert!(shown.starts_with("b.json: "), "{old} {new}: {shown}");
        assert!(!shown.contains("a.json"), "{old} {new}: {shown}");
        assert!(errors.contains("old/a.json:1:"), "{old} {new}: {errors}");
        assert_eq!(errors.lines().count(), 1, "{old} {new}: {errors}");
    }
    let output = run(&path, &["is-public", "buckets"]);
    assert_eq!(output.status.code(), Some(1));
    assert!(text(&output.stdout).starts_with("buckets/c.json: public\n"));
    let errors = text(&output.stderr);
    assert!(errors.contains("buckets/a.json:1:"), "{errors}");
    assert!(
        errors.contains("buckets/b.json: the policy is not resource-based"),
        "{errors}"
    );
}

/// The messages name the file and the reason, whatever the file contains.
#[test]
fn unreadable_files_are_named_with_the_reason() {
    let path = directory("unreadable");
    fs::write(path.join("utf-16.json"), b"\xff\xfe{\0}\0").unwrap();
    fs::write(path.join("binary.json"), b"{\"a\": \"\xf0\"}").unwrap();
    fs::write(path.join("empty.json"), "\n").unwrap();
    fs::write(path.join("reader.json"), READER).unwrap();
    fs::write(
        path.join("broken.test.toml"),
        "policies.identity = [\"nothing.json\"]\n",
    )
    .unwrap();
    let explain = ["explain", "--principal", "*", "--action", "s3:GetObject"];
    for (arguments, expected) in [
        (
            &["fmt", "utf-16.json"][..],
            "error: cannot read `utf-16.json`: it is UTF-16; save it as UTF-8",
        ),
        (
            &["lint", "binary.json"],
            "error: cannot read `binary.json`: it is not text in UTF-8, from byte 8 on",
        ),
        (
            &["diff", "binary.json", "reader.json"],
            "error: cannot read `binary.json`: it is not text in UTF-8, from byte 8 on",
        ),
        (
            &["fmt", "empty.json"],
            "error: empty.json:1:1: the text is empty; write a JSON object",
        ),
        (
            &["test", "broken.test.toml"],
            "error: broken.test.toml: cannot read `nothing.json`: No such file",
        ),
        (
            &[&explain[..], &["--resource", "a1", "reader.json"]].concat(),
            "error: `a1` is not the ARN of a resource: an ARN must start with `arn:`",
        ),
    ] {
        let output = run(&path, arguments);
        assert!(matches!(output.status.code(), Some(1 | 2)), "{arguments:?}");
        let errors = text(&output.stderr);
        assert!(errors.starts_with(expected), "{arguments:?}: {errors}");
        assert_eq!(text(&output.stdout), "", "{arguments:?}");
    }
}

#[test]
fn public_policies_and_callers_are_found() {
    let path = directory("public");
    let write = |name: &str, principal: &str| {
        fs::write(path.join(name), BUCKET.replace("PRINCIPAL", principal)).unwrap();
    };
    write("public.json", "\"*\"");
    write(
        "private.json",
        r#"{"AWS": "arn:aws:iam::111122223333:role/app"}"#,
    );
    fs::write(path.join("reader.json"), READER).unwrap();
    assert_eq!(code(&path, &["is-public", "private.json"]), 0);
    let output = run(&path, &["is-public", "public.json", "private.json"]);
    assert_eq!(output.status.code(), Some(15));
    let shown = text(&output.stdout);
    assert!(shown.contains("public.json: public\n"), "{shown}");
    assert!(shown.contains("private.json: not public\n"), "{shown}");
    // Without principals it is a policy of another kind, about which the answer would mean nothing.
    assert_eq!(code(&path, &["is-public", "reader.json"]), 1);

    let ask = |more: &[&str]| {
        let arguments = [
            "who-can",
            "s3:GetObject",
            "arn:aws:s3:::b/x",
            "--kind",
            "resource",
        ];
        run(&path, &[&arguments[..], more].concat())
    };
    let output = ask(&["private.json"]);
    assert_eq!(output.status.code(), Some(0));
    assert_eq!(
        text(&output.stdout),
        "arn:aws:iam::111122223333:role/app may call s3:GetObject on arn:aws:s3:::b/x\n"
    );
    let output = ask(&["public.json", "--format", "json"]);
    let report: Value = serde_json::from_slice(&output.stdout).unwrap();
    assert!(report["requests"].as_array().unwrap().len() > 2);
    assert_eq!(ask(&["public.json", "private.json"]).status.code(), Some(2));
    assert_eq!(
        code(&path, &["who-can", "GetObject", "*", "reader.json"]),
        2
    );
}

/// Follows the guide's chapter "Policies in CI" in an empty directory.
#[test]
fn the_guides_chapter_works_in_an_empty_directory() {
    let guide = Path::new(env!("CARGO_MANIFEST_DIR")).join("../docs/guide/src");
    let chapter = fs::read_to_string(guide.join("policies-in-ci.md")).unwrap();
    let path = directory("guide");
    let block = |title: &str| {
        let (_, after) = chapter.split_once(title).unwrap();
        let (_, block) = after.split_once("```").unwrap();
        let (_, block) = block.split_once('\n').unwrap();
        block.split_once("```").unwrap().0
    };
    for file in ["policies/reader.json", "policies/reader.test.toml"] {
        let target = path.join(file);
        fs::create_dir_all(target.parent().unwrap()).unwrap();
        fs::write(target, block(&format!("`{file}`:\n"))).unwrap();
    }
    git(&path, &["init", "-q"]);
    git(&path, &["add", "."]);
    git(&path, &["commit", "-q", "-m", "policies"]);
    let commands: Vec<&str> = block("These commands check them:\n").lines().collect();
    assert_eq!(commands.len(), 3);
    let expand = |word: &str| word.replace("*.test", "reader.test");
    let run_all = || -> Vec<i32> {
        let run_line = |line: &&str| {
            let words: Vec<String> = line.split(' ').skip(1).map(expand).collect();
            let words: Vec<&str> = words.iter().map(String::as_str).collect();
            code(&path, &words)
        };
        commands.iter().map(run_line).collect()
    };
    assert_eq!(run_all(), [0, 0, 0]);
    // A mistake of each kind is found.
    let policy = path.join("policies/reader.json");
    let text = fs::read_to_string(&policy).unwrap();
    let wider = text.replace("203.0.113.0/24", "203.0.113.0/8");
    fs::write(&policy, wider).unwrap();
    assert_eq!(run_all(), [11, 0, 15]);
    fs::write(&policy, text.replace("SendTextMessage", "SendTextMesage")).unwrap();
    assert_eq!(run_all(), [14, 17, 15]);
}

/// Reading a pipe in a directory would wait for a program that writes to it. A device, which does not wait, is treated alike.
#[cfg(unix)]
#[test]
fn only_files_of_a_directory_are_read() {
    let path = directory("devices");
    let policies = path.join("policies");
    fs::create_dir_all(&policies).unwrap();
    fs::write(policies.join("reader.json"), READER).unwrap();
    std::os::unix::fs::symlink("reader.json", policies.join("link.json")).unwrap();
    let simulate = ["simulate", "--principal", ANA, "--action", "s3:GetObject"];
    let replay = ["replay", "--used", "--old", "old.json", "--new", "old.json"];
    fs::write(path.join("old.json"), READER).unwrap();
    assert_eq!(code(&path, &[&simulate[..], &["policies"]].concat()), 0);
    std::os::unix::fs::symlink("/dev/null", policies.join("null.json")).unwrap();
    for command in [&simulate[..], &["lint"], &["fmt"], &replay] {
        for found in ["policies", "policies/*.json"] {
            let output = run(&path, &[command, &[found]].concat());
            let error = text(&output.stderr);
            let shown = format!("{}{error}", text(&output.stdout));
            let expected = "`policies/null.json`: it is a pipe, socket or device, not a file";
            assert!(shown.contains(expected), "{command:?} {found}: {shown}");
            assert_eq!(
                output.status.code(),
                Some(1),
                "{command:?} {found}: {shown}"
            );
        }
    }
}
