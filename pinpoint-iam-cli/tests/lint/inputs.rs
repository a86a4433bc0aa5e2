//! Documents in the output of AWS's tools, and files that are not documents.

use std::fs;

use serde_json::{Value, json};

use super::{CLEAN, WRONG, directory, run, run_in, text};

/// The places of the findings: line, column, code and the text at the offset.
#[expect(clippy::indexing_slicing, reason = "a test fails by panicking")]
fn places(input: &str, more: &[&str]) -> Vec<(u64, u64, String, String)> {
    let output = run(&[&["lint", "--format", "json", "-"], more].concat(), input);
    let report: Value = serde_json::from_slice(&output.stdout).unwrap();
    let findings = report["findings"].as_array().unwrap().iter();
    findings
        .map(|finding| {
            let number = |name: &str| finding[name].as_u64().unwrap();
            let start = usize::try_from(number("offset")).unwrap();
            let end = start + usize::try_from(number("length")).unwrap();
            let code = finding["code"].as_str().unwrap().to_owned();
            let covered = input.get(start..end).unwrap().to_owned();
            (number("line"), number("column"), code, covered)
        })
        .collect()
}

/// `aws s3api get-bucket-policy` and others print the document as a string.
#[test]
fn documents_in_strings_are_checked_at_their_places() {
    let text = format!("{{\n  \"Policy\": {}\n}}", Value::from(WRONG));
    let found = places(&text, &[]);
    let [(line, column, code, covered)] = found.as_slice() else {
        panic!("{found:?}")
    };
    assert_eq!((*line, code.as_str()), (2, "invalid-effect"));
    assert_eq!(covered, r#"\"allow\""#);
    let line = text.lines().nth(1).unwrap();
    let start = usize::try_from(*column - 1).unwrap();
    assert!(line.get(start..).unwrap().starts_with(r#"\"allow\""#));

    // The fix is one of the string: with it, the text is valid JSON, and its document has no finding.
    let output = run(&["lint", "--format", "json", "-"], &text);
    let report: Value = serde_json::from_slice(&output.stdout).unwrap();
    let edit = &report["findings"][0]["fix"]["edits"][0];
    let start = usize::try_from(edit["offset"].as_u64().unwrap()).unwrap();
    let length = usize::try_from(edit["length"].as_u64().unwrap()).unwrap();
    let mut fixed = text.clone();
    fixed.replace_range(start..start + length, edit["replacement"].as_str().unwrap());
    assert_eq!(places(&fixed, &[]), []);

    // `--fix` does not edit strings.
    let path = directory("strings");
    fs::write(path.join("p.json"), &text).unwrap();
    let output = run_in(&path, &["lint", "--fix=unsafe", "p.json"], "");
    assert_eq!(output.status.code(), Some(14));
    assert_eq!(fs::read_to_string(path.join("p.json")).unwrap(), text);
}

#[test]
fn the_policies_of_an_account_are_checked_by_their_kinds() {
    let wrong: Value = serde_json::from_str(WRONG).unwrap();
    let clean: Value = serde_json::from_str(CLEAN).unwrap();
    let trust = json!({"Version": "2012-10-17", "Statement": {
        "Effect": "Allow", "Principal": {"Service": "ec2.amazonaws.com"}, "Action": "sts:AssumeRole",
    }});
    let account = json!({
        "UserDetailList": [{"UserPolicyList": [{"PolicyName": "p", "PolicyDocument": wrong}]}],
        "GroupDetailList": [{"GroupPolicyList": [{"PolicyName": "p", "PolicyDocument": clean}]}],
        "RoleDetailList": [{"AssumeRolePolicyDocument": trust, "RolePolicyList": [{"PolicyName": "p", "PolicyDocument": trust}]}],
        "Policies": [{"PolicyVersionList": [
            {"IsDefaultVersion": true, "Document": clean},
            {"IsDefaultVersion": false, "Document": wrong},
        ]}],
    });
    let found = places(&account.to_string(), &[]);
    let codes: Vec<&str> = found.iter().map(|(.., code, _)| code.as_str()).collect();
    // The trust policy is valid, and the same document is not a policy of the role.
    assert!(codes.contains(&"invalid-effect"), "{codes:?}");
    assert!(
        codes.iter().any(|code| code.contains("principal")),
        "{codes:?}"
    );
    assert_eq!(
        codes
            .iter()
            .filter(|code| **code == "invalid-effect")
            .count(),
        1
    );
    let output = run(&["lint", "-"], &account.to_string());
    assert!(
        text(&output.stdout).contains("5 documents: "),
        "{}",
        text(&output.stdout)
    );
    let trusted = json!({"Role": {"AssumeRolePolicyDocument": trust}});
    assert_eq!(places(&trusted.to_string(), &[]), []);
}

/// `attachments.json` and tests belong to the policies of a directory, and are not policies.
#[test]
fn files_beside_policies_are_not_documents() {
    let path = directory("beside");
    let attachments =
        r#"{"users": {"arn:aws:iam::123456789012:user/ana": {"policies": ["a.json"]}}}"#;
    for (name, content) in [
        ("policies/a.json", CLEAN),
        ("policies/attachments.json", attachments),
        ("policies/a.test.json", "{}"),
    ] {
        fs::create_dir_all(path.join("policies")).unwrap();
        fs::write(path.join(name), content).unwrap();
    }
    for paths in [
        &["policies"][..],
        &["policies/a*.json", "policies/attachments.json"],
        &["policies/a.json", "policies/attachments.json"],
    ] {
        let output = run_in(&path, &[&["lint"], paths].concat(), "");
        let shown = text(&output.stdout);
        // A pattern names the test explicitly.
        let expected = if paths.contains(&"policies/a*.json") {
            14
        } else {
            0
        };
        assert_eq!(output.status.code(), Some(expected), "{paths:?}: {shown}");
    }
    // What is not clearly such a file is checked.
    for content in [
        r#"{"users": {}, "Statement": []}"#,
        r#"{"Users": {}}"#,
        "{",
        "[]",
    ] {
        fs::write(path.join("policies/attachments.json"), content).unwrap();
        let output = run_in(&path, &["lint", "policies"], "");
        assert_eq!(output.status.code(), Some(14), "{content}");
    }
    let only = directory("only");
    fs::write(only.join("attachments.json"), attachments).unwrap();
    let output = run_in(&only, &["lint", "."], "");
    assert_eq!(output.status.code(), Some(3));
    assert_eq!(
        text(&output.stderr),
        "error: there are no policy documents; in a directory, they are the files `*.json`\n"
    );
}
