//! `pinpoint-iam lint --fix`.

use std::fs;
use std::path::Path;

use serde_json::Value;

use super::{directory, run, run_in, text};

/// A document with the statement `Deny`, which no other statement changes.
fn deny(members: &str) -> String {
    format!("{{\"Version\": \"2012-10-17\", \"Statement\": {{\"Effect\": \"Deny\", {members}}}}}\n")
}

/// The document on standard output after `lint --fix`, with more arguments.
fn fixed(document: &str, arguments: &[&str]) -> String {
    let output = run(&[&["lint", "-"], arguments].concat(), document);
    text(&output.stdout)
}

/// For each rule whose fix can be proven: before and after.
#[test]
fn safe_fixes() {
    let condition = |condition: &str| {
        deny(&format!(
            r#""Action": "s3:*", "Resource": "*", "Condition": {{{condition}}}"#
        ))
    };
    for (before, after) in [
        // redundant-action, with three redundant entries at the start and at the end
        (
            deny(r#""Action": ["s3:GetA", "s3:GetB", "s3:Get*", "s3:GetC", "s3:getc", "s3:Put?"], "Resource": "*""#),
            deny(r#""Action": ["s3:Get*", "s3:Put?"], "Resource": "*""#),
        ),
        // redundant-resource
        (
            deny(r#""Action": "s3:*", "Resource": ["arn:aws:s3:::b/*", "arn:aws:s3:::b/c"]"#),
            deny(r#""Action": "s3:*", "Resource": ["arn:aws:s3:::b/*"]"#),
        ),
        // redundant-statement
        (
            format!(r#"{{"Version": "2012-10-17", "Statement": [{0}, {0}]}}"#, r#"{"Effect": "Deny", "Action": "s3:*", "Resource": "*"}"#),
            format!(r#"{{"Version": "2012-10-17", "Statement": [{0}]}}"#, r#"{"Effect": "Deny", "Action": "s3:*", "Resource": "*"}"#),
        ),
        // action-case
        (
            deny(r#""Action": "mobiletargeting:getcampaign", "Resource": "*""#),
            deny(r#""Action": "mobiletargeting:GetCampaign", "Resource": "*""#),
        ),
        // star-colon-star
        (
            deny(r#""Action": "*:*", "Resource": "*""#),
            deny(r#""Action": "*", "Resource": "*""#),
        ),
        // missing-version and empty-sid-value
        (
            r#"{"Statement": {"Sid": "", "Effect": "Deny", "Action": "s3:*", "Resource": "*"}}"#.to_owned(),
            r#"{"Version": "2012-10-17", "Statement": {"Effect": "Deny", "Action": "s3:*", "Resource": "*"}}"#.to_owned(),
        ),
        // old-version and document-id
        (
            r#"{"Version": "2008-10-17", "Id": "x", "Statement": {"Effect": "Deny", "Action": "s3:*", "Resource": "*"}}"#.to_owned(),
            r#"{"Version": "2012-10-17", "Statement": {"Effect": "Deny", "Action": "s3:*", "Resource": "*"}}"#.to_owned(),
        ),
        // unsupported-sid
        (
            deny(r#""Sid": "no writes", "Action": "s3:*", "Resource": "*""#),
            deny(r#""Sid": "nowrites", "Action": "s3:*", "Resource": "*""#),
        ),
        // null-resource
        (
            deny(r#""Action": "s3:*", "Resource": [null, "arn:aws:s3:::b/*"]"#),
            deny(r#""Action": "s3:*", "Resource": ["arn:aws:s3:::b/*"]"#),
        ),
        // empty-object-condition
        (condition(r#""Bool": {}"#), deny(r#""Action": "s3:*", "Resource": "*""#)),
        // redundant-key-due-to-wildcard-in-condition
        (
            condition(r#""StringLikeIfExists": {"aws:PrincipalTag/a": ["b", "*"]}"#),
            deny(r#""Action": "s3:*", "Resource": "*""#),
        ),
        // duplicate-value
        (
            condition(r#""StringEquals": {"aws:PrincipalTag/a": ["b", "b"]}"#),
            condition(r#""StringEquals": {"aws:PrincipalTag/a": ["b"]}"#),
        ),
        // improve-ip-range and mapped-range
        (
            condition(r#""NotIpAddress": {"aws:SourceIp": ["203.0.113.7/24", "::ffff:192.0.2.1/128"]}"#),
            condition(r#""NotIpAddress": {"aws:SourceIp": ["203.0.113.0/24", "192.0.2.1/32"]}"#),
        ),
        // redundant-condition-value-num
        (
            condition(r#""NumericLessThan": {"aws:MultiFactorAuthAge": ["9", "30"]}"#),
            condition(r#""NumericLessThan": {"aws:MultiFactorAuthAge": ["30"]}"#),
        ),
        // invalid-date-value
        (
            condition(r#""DateGreaterThan": {"aws:CurrentTime": "1893456000"}"#),
            condition(r#""DateGreaterThan": {"aws:CurrentTime": "2030-01-01T00:00:00Z"}"#),
        ),
        // if-exists-of-set
        (
            condition(r#""ForAllValues:StringEqualsIfExists": {"aws:TagKeys": "a"}"#),
            condition(r#""ForAllValues:StringEquals": {"aws:TagKeys": "a"}"#),
        ),
        // null-with-qualifier
        (
            condition(r#""ForAllValues:Null": {"aws:TagKeys": "true"}"#),
            condition(r#""Null": {"aws:TagKeys": "true"}"#),
        ),
    ] {
        assert_eq!(fixed(&before, &["--fix"]), after);
        // Nothing else is left to fix, and what is safe is also applied with `unsafe`.
        assert_eq!(fixed(&after, &["--fix=unsafe"]), after);
    }
    let principal = r#"{"Version": "2012-10-17", "Statement": {"Effect": "Deny", "Principal": {"AWS": ["*", "111122223333"]}, "Action": "s3:*", "Resource": "arn:aws:s3:::b/*"}}"#;
    assert_eq!(
        fixed(principal, &["--fix", "--kind", "resource"]),
        principal.replace("\"*\", \"111122223333\"", "\"*\"")
    );
}

/// A fix that changes a decision is applied only with `unsafe`, and shown as a diff.
#[test]
fn unsafe_fixes() {
    for (before, after) in [
        (
            r#""Effect": "allow", "Action": "s3:GetObject""#,
            r#""Effect": "Allow", "Action": "s3:GetObject""#,
        ),
        (
            r#""Effect": "Deny", "Action": "mobiletargeting:DeleteCampagn""#,
            r#""Effect": "Deny", "Action": "mobiletargeting:DeleteCampaign""#,
        ),
        (
            r#""Effect": "Allow", "Action": ["s3:GetObject", "mobileanalytics:PutEvents"]"#,
            r#""Effect": "Allow", "Action": ["s3:GetObject"]"#,
        ),
    ] {
        let document = |members: &str| {
            format!(
                "{{\n  \"Version\": \"2012-10-17\",\n  \"Statement\": {{{members}, \"Resource\": \"arn:aws:s3:::b/*\"}}\n}}\n"
            )
        };
        let (before, after) = (document(before), document(after));
        assert_eq!(fixed(&before, &["--fix"]), before);
        let output = run(&["lint", "--fix=unsafe", "-"], &before);
        assert_eq!(text(&output.stdout), after);
        let notes = text(&output.stderr);
        assert!(
            notes.starts_with("--- <stdin>\n+++ <stdin>\n@@ -1,4 +1,4 @@\n"),
            "{notes}"
        );
        assert!(notes.contains("\nfixed (unsafe): <stdin>:3: "), "{notes}");
    }
}

/// A `Deny` on an action that is newer than the catalog stays, although the catalog says that it denies nothing.
#[test]
fn newer_actions_stay() {
    let document = deny(
        r#""Action": ["mobiletargeting:GetApp", "mobiletargeting:GetTelepathy", "mobiletargeting:Brew*"], "Resource": "*""#,
    );
    assert_eq!(fixed(&document, &["--fix"]), document);
    assert_eq!(fixed(&document, &["--fix=unsafe"]), document);
}

/// As a policy of another kind, a document may have no effect at all, which would prove anything.
#[test]
fn documents_of_another_kind_stay() {
    let of = |principal: &str| {
        format!(
            r#"{{"Version": "2012-10-17", "Statement": {{"Effect": "Allow"{principal}, "Action": ["s3:GetObject", "s3:getobject", "mobileanalytics:PutEvents"], "Resource": "arn:aws:s3:::b/*"}}}}"#
        )
    };
    let (bucket, identity) = (of(r#", "Principal": {"AWS": "111122223333"}"#), of(""));
    for (document, kind) in [
        (&bucket, "identity"),
        (&bucket, "scp"),
        (&identity, "resource"),
    ] {
        assert_eq!(
            fixed(document, &["--fix", "--kind", kind]),
            *document,
            "{kind}"
        );
    }
    for (document, kind) in [(&bucket, "resource"), (&identity, "identity")] {
        let expected = document.replace("\"s3:getobject\", ", "");
        assert_eq!(
            fixed(document, &["--fix", "--kind", kind]),
            expected,
            "{kind}"
        );
    }
}

/// Two statements that each make the other one redundant are not both removed.
#[test]
fn fixes_are_proven_one_after_the_other() {
    let allow = |action: &str| {
        format!(r#"{{"Effect": "Allow", "Action": {action}, "Resource": "arn:aws:s3:::b/*"}}"#)
    };
    let document = format!(
        r#"{{"Version": "2012-10-17", "Statement": [{}, {}, {}]}}"#,
        allow(r#"["s3:GetObject", "s3:getobject"]"#),
        allow(r#""s3:GetObject""#),
        allow(r#"["s3:GetObject"]"#)
    );
    let after = fixed(&document, &["--fix"]);
    let parsed: Value = serde_json::from_str(&after).unwrap();
    assert_eq!(parsed["Statement"].as_array().unwrap().len(), 1, "{after}");
    assert_eq!(
        run(&["lint", "--fix", "-"], &after).stdout,
        after.as_bytes()
    );
}

const FILE: &str = "{\"PolicyDocument\":\r\n  {\"Version\":\"2012-10-17\",\"Statement\":{\"Effect\":\"Deny\",\"Action\":[ \"s3:Get*\" ,\"s3:GetObject\"],\"Resource\":\"*\"}},  \"é\": 1.0}";

#[test]
fn files_are_fixed_in_place() {
    let path = directory("fix");
    let file = path.join("a.json");
    fs::write(&file, FILE).unwrap();
    let ignored = FILE.replace("s3:Get*", "s3:*");
    fs::write(path.join("b.json"), &ignored).unwrap();
    fs::write(
        path.join("pinpoint-iam.toml"),
        "[[lint.ignore]]\ncode = 'redundant-action'\npath = 'b.json'\nreason = 'a test'\n",
    )
    .unwrap();
    let lint = |arguments: &[&str]| run_in(&path, &[&["lint"], arguments].concat(), "");

    // A diff changes nothing, and the findings remain.
    let output = lint(&["--diff", "a.json"]);
    let shown = text(&output.stdout);
    assert!(
        shown.starts_with("--- a.json\n+++ a.json\n@@ -1,2 +1,2 @@\n"),
        "{shown}"
    );
    assert!(shown.contains("\n+  {\"Version\":\"2012-10-17\",\"Statement\":{\"Effect\":\"Deny\",\"Action\":[ \"s3:Get*\"],"), "{shown}");
    assert_eq!(output.status.code(), Some(11));
    assert_eq!(fs::read_to_string(&file).unwrap(), FILE);

    // The same file twice is one file.
    let output = lint(&["--fix", "a.json", "./a.json", "b.json"]);
    assert_eq!(output.status.code(), Some(0), "{}", text(&output.stderr));
    assert!(text(&output.stderr).starts_with("fixed: a.json:2: redundant-action: remove it\n"));
    assert!(text(&output.stdout).ends_with("2 documents: no findings\n"));
    assert_eq!(
        fs::read_to_string(&file).unwrap(),
        FILE.replace(" ,\"s3:GetObject\"", "")
    );
    assert_eq!(fs::read_to_string(path.join("b.json")).unwrap(), ignored);
    let names = names(&path);
    assert_eq!(names, ["a.json", "b.json", "pinpoint-iam.toml"]);
}

fn names(path: &Path) -> Vec<String> {
    let entries = fs::read_dir(path).unwrap();
    let mut names: Vec<String> = entries
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .collect();
    names.sort();
    names
}

/// A file that cannot be written is an error, and does not keep others from being fixed.
#[cfg(unix)]
#[test]
fn permissions_and_links_are_kept() {
    use std::os::unix::fs::{PermissionsExt, symlink};

    let path = directory("fix-permissions");
    for (name, mode) in [("a.json", 0o444), ("b.json", 0o640)] {
        fs::write(path.join(name), FILE).unwrap();
        fs::set_permissions(path.join(name), fs::Permissions::from_mode(mode)).unwrap();
    }
    symlink("b.json", path.join("c.json")).unwrap();
    let output = run_in(&path, &["lint", "--fix", "a.json", "c.json"], "");
    assert_eq!(output.status.code(), Some(1));
    assert!(
        text(&output.stderr).contains("error: cannot write `a.json`: the file is read-only\n"),
        "{}",
        text(&output.stderr)
    );
    // The findings of the file that was not written are still reported.
    assert!(text(&output.stdout).contains("2 documents: 1 suggestion\n"));
    assert_eq!(fs::read_to_string(path.join("a.json")).unwrap(), FILE);
    let fixed = fs::read_to_string(path.join("b.json")).unwrap();
    assert!(!fixed.contains("s3:GetObject"));
    let metadata = fs::metadata(path.join("b.json")).unwrap();
    assert_eq!(metadata.permissions().mode() & 0o777, 0o640);
    let link = fs::symlink_metadata(path.join("c.json")).unwrap();
    assert!(link.is_symlink());
    assert_eq!(names(&path), ["a.json", "b.json", "c.json"]);
}

#[test]
fn standard_input_is_one_document() {
    let path = directory("fix-stdin");
    fs::write(path.join("a.json"), FILE).unwrap();
    let output = run_in(&path, &["lint", "--fix", "-", "a.json"], FILE);
    assert_eq!(output.status.code(), Some(2));
    assert_eq!(fs::read_to_string(path.join("a.json")).unwrap(), FILE);
    // What cannot be fixed is printed as it is.
    for text_of in ["{", "", "[]"] {
        let output = run(&["lint", "--fix", "-"], text_of);
        assert_eq!(text(&output.stdout), text_of);
        assert_eq!(output.status.code(), Some(14), "{text_of}");
    }
}

#[test]
fn patterns_are_expanded() {
    let path = directory("patterns");
    for name in [
        "a/b/one.json",
        "a/two.json",
        "a/b/three.txt",
        "four.json",
        "[x].json",
    ] {
        let file = path.join(name);
        fs::create_dir_all(file.parent().unwrap()).unwrap();
        fs::write(file, FILE).unwrap();
    }
    fs::write(path.join(".gitignore"), "four.json\n").unwrap();
    let files = |pattern: &str| {
        let output = run_in(&path, &["lint", "--format", "json", pattern], "");
        let report: Value = serde_json::from_slice(&output.stdout).unwrap();
        let findings = report["findings"].as_array().unwrap();
        findings
            .iter()
            .map(|finding| {
                finding["file"]
                    .as_str()
                    .unwrap()
                    .trim_start_matches("./")
                    .to_owned()
            })
            .collect::<Vec<_>>()
    };
    assert_eq!(
        files("**/*.json"),
        ["[x].json", "a/b/one.json", "a/two.json"]
    );
    assert_eq!(files("a/*.json"), ["a/two.json"]);
    assert_eq!(
        files("a/**/*.{json,txt}"),
        ["a/b/one.json", "a/b/three.txt", "a/two.json"]
    );
    assert_eq!(files("[x].json"), ["[x].json"]);
    let code = |pattern: &str| {
        let output = run_in(&path, &["lint", "a/two.json", pattern], "");
        (output.status.code(), text(&output.stderr))
    };
    assert_eq!(
        code("b/**/*.json"),
        (Some(3), "error: no file matches `b/**/*.json`\n".to_owned())
    );
    let (status, message) = code("a/[.json");
    assert_eq!(status, Some(2));
    assert!(
        message.starts_with("error: invalid pattern `a/[.json`: "),
        "{message}"
    );
}
