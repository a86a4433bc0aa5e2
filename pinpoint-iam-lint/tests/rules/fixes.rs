//! Fixes.

use std::fmt::Write as _;
use std::path::Path;
use std::{env, fs};

use pinpoint_iam_catalog::{Catalog, SourceFile};
use pinpoint_iam_core::json::Node;
use pinpoint_iam_core::policy::PolicyKind;
use pinpoint_iam_lint::{Finding, Linter, rules};

use super::{findings, of};

/// The text after the fix of a finding.
fn fixed(text: &str, finding: &Finding) -> Option<String> {
    finding.fix.as_ref().map(|fix| fix.apply(text, 0).unwrap())
}

/// Each rule with a fix, and its example before and after the fix.
#[test]
fn fixes_are_those_on_file() {
    let mut written = String::new();
    for rule in rules() {
        let text = rule.example.document;
        for finding in of(rule, &rule.example) {
            let Some(after) = fixed(text, &finding) else {
                continue;
            };
            let title = &finding.fix.as_ref().unwrap().title;
            writeln!(written, "{}: {title}\n- {text}\n+ {after}", rule.code).unwrap();
        }
    }
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixes.txt");
    if env::var_os("UPDATE_WORDING").is_some() {
        fs::write(&path, &written).unwrap();
    }
    let expected = fs::read_to_string(&path).unwrap();
    for (line, (written, expected)) in written.lines().zip(expected.lines()).enumerate() {
        assert_eq!(written, expected, "tests/fixes.txt, line {}", line + 1);
    }
    assert_eq!(written, expected);
}

#[test]
fn a_fix_resolves_its_finding() {
    let mut count = 0;
    for rule in rules() {
        let text = rule.example.document;
        for finding in of(rule, &rule.example) {
            let Some(after) = fixed(text, &finding) else {
                continue;
            };
            assert!(Node::root(&after).is_ok(), "{after}");
            let left = findings(&after, rule.example.kind);
            assert!(
                left.iter().all(|finding| finding.code != rule.code),
                "{}: {after}",
                rule.code
            );
            count += 1;
        }
    }
    assert!(count >= 30, "{count}");
}

/// The text after the first fix for `code`, which need not exist.
fn fix_of(code: &str, text: &str) -> Option<String> {
    let findings = findings(text, PolicyKind::IdentityManaged);
    let mut found = findings.iter().filter(|finding| finding.code == code);
    fixed(text, found.next().unwrap())
}

fn with_condition(condition: &str) -> String {
    format!(
        r#"{{"Version": "2012-10-17", "Statement": {{"Effect": "Deny", "Action": "s3:*", "Resource": "*", "Condition": {{{condition}}}}}}}"#
    )
}

/// A fix keeps the text around it, whatever its layout.
#[test]
fn only_the_edited_parts_change() {
    let text = "{\n\t\"Version\":  \"2012-10-17\",\r\n  \"Statement\": {\"Effect\": \"Allow\",\n    \"Action\": [ \"s3:GetObject\" ,\n      \"s3:Get*\"\n],\"Resource\": [\"arn:aws:s3:::é/*\",\"arn:aws:s3:::\\u00e9/*\"]}\n}\n";
    assert_eq!(
        fix_of("redundant-action", text).unwrap(),
        text.replace("\"s3:GetObject\" ,\n      ", "")
    );
    assert_eq!(
        fix_of("redundant-resource", text).unwrap(),
        text.replace(",\"arn:aws:s3:::\\u00e9/*\"", "")
    );
}

#[test]
fn a_version_is_inserted_in_the_style_of_the_document() {
    let statement = r#"{"Effect":"Deny","Action":"s3:*","Resource":"*"}"#;
    for (before, after) in [
        (
            "{\"Statement\":",
            "{\"Version\":\"2012-10-17\",\"Statement\":",
        ),
        (
            "{\"Statement\" : ",
            "{\"Version\": \"2012-10-17\", \"Statement\" : ",
        ),
        (
            "{ \"Statement\": ",
            "{ \"Version\": \"2012-10-17\", \"Statement\": ",
        ),
        (
            "{\n  \"Statement\": ",
            "{\n  \"Version\": \"2012-10-17\",\n  \"Statement\": ",
        ),
    ] {
        assert_eq!(
            fix_of("missing-version", &format!("{before}{statement}}}")),
            Some(format!("{after}{statement}}}"))
        );
    }
}

/// An operator is renamed only if this changes nothing else and creates no second member of the same name.
#[test]
fn operators_with_other_keys_are_not_renamed() {
    let has_fix = |code: &str, condition: &str| fix_of(code, &with_condition(condition)).is_some();
    let wildcard = "wildcard-without-like-operator";
    assert!(has_fix(
        wildcard,
        r#""StringEquals": {"aws:PrincipalTag/a": "b*"}"#
    ));
    assert!(!has_fix(
        wildcard,
        r#""StringEquals": {"aws:PrincipalTag/a": "b*", "aws:PrincipalTag/c": "d"}"#
    ));
    assert!(!has_fix(
        wildcard,
        r#""StringEquals": {"aws:PrincipalTag/a": "b*"}, "StringLike": {"aws:PrincipalTag/c": "d"}"#
    ));
    let set = "if-exists-of-set";
    assert!(has_fix(
        set,
        r#""ForAnyValue:StringEqualsIfExists": {"aws:TagKeys": "a", "aws:PrincipalOrgPaths": "b"}"#
    ));
    assert!(!has_fix(
        set,
        r#""ForAnyValue:StringEqualsIfExists": {"aws:TagKeys": "a"}, "ForAnyValue:StringEquals": {"aws:TagKeys": "b"}"#
    ));
}

/// A name in a variable is a part of a string, which a suggestion must not replace.
#[test]
fn suggestions_replace_the_name_that_they_correct() {
    let catalog = "format = 1\n\n[service]\nprefix = \"acme\"\nname = \"Acme\"\n\n[condition-keys.\"acme:Colour\"]\nsummary = \"A colour.\"\ntype = \"String\"\n\n[actions.ListShops]\nsummary = \"Lists the shops.\"\ncondition-keys = [\"acme:Colour\"]\n";
    let catalog = Catalog::load([SourceFile::new("acme.toml", catalog)]).unwrap();
    let fixed = |text: &str| {
        let report = Linter::new(&catalog).lint(text, PolicyKind::IdentityManaged);
        let mut found = report.findings.into_iter();
        let finding = found.find(|finding| finding.code == "invalid-service-condition-key");
        fixed(text, &finding.unwrap())
    };
    let own = with_condition(r#""StringEquals": {"acme:Color": "a"}"#);
    let corrected = with_condition(r#""StringEquals": {"acme:Colour": "a"}"#);
    assert_eq!(fixed(&own), Some(corrected));
    let variable = with_condition(r#""StringEquals": {"acme:Colour": "${acme:Color}"}"#);
    assert_eq!(fixed(&variable), None);
}

/// A fix that would create an error of another kind is not offered.
#[test]
fn fixes_create_no_duplicates() {
    let of =
        |statement: &str| format!(r#"{{"Version": "2012-10-17", "Statement": [{statement}]}}"#);
    let sids = |first: &str, second: &str| {
        let rest = r#""Effect": "Deny", "Action": "s3:*", "Resource": "*""#;
        of(&format!(
            r#"{{"Sid": "{first}", {rest}}}, {{"Sid": "{second}", {rest}}}"#
        ))
    };
    assert!(fix_of("unsupported-sid", &sids("a b", "c")).is_some());
    for second in ["ab", "a-b"] {
        assert_eq!(fix_of("unsupported-sid", &sids("a b", second)), None);
    }
    let element = |more: &str| {
        of(&format!(
            r#"{{"Effect": "Deny", "Actions": "s3:*", "Resource": "*"{more}}}"#
        ))
    };
    assert!(fix_of("invalid-policy-element", &element("")).is_some());
    let both = element(r#", "Action": "s3:*""#);
    assert_eq!(fix_of("invalid-policy-element", &both), None);
    let principal = |more: &str| {
        of(&format!(
            r#"{{"Effect": "Deny", "Principal": {{"Aws": "*"{more}}}, "Action": "s3:*", "Resource": "*"}}"#
        ))
    };
    assert!(fix_of("invalid-principal-key", &principal("")).is_some());
    assert_eq!(
        fix_of("invalid-principal-key", &principal(r#", "AWS": "*""#)),
        None
    );
}

/// The only action of a statement is not removed.
#[test]
fn the_last_element_is_kept() {
    let of = |action: &str| {
        format!(
            r#"{{"Version": "2012-10-17", "Statement": {{"Effect": "Allow", "Action": {action}, "Resource": "*"}}}}"#
        )
    };
    let ended = "\"mobileanalytics:PutEvents\"";
    for only in [ended.to_owned(), format!("[{ended}]")] {
        assert_eq!(fix_of("ended-action", &of(&only)), None);
    }
    let both = of(&format!("[{ended}, \"s3:GetObject\"]"));
    assert_eq!(
        fix_of("ended-action", &both),
        Some(of("[\"s3:GetObject\"]"))
    );
}

#[test]
fn ranges_and_limits() {
    for (code, condition, expected) in [
        (
            "improve-ip-range",
            r#""NotIpAddress": {"aws:SourceIp": ["192.0.2.0/24", "2001:db8::1/32"]}"#,
            Some(r#""NotIpAddress": {"aws:SourceIp": ["192.0.2.0/24", "2001:db8::/32"]}"#),
        ),
        (
            "mapped-range",
            r#""NotIpAddress": {"aws:SourceIp": "::ffff:203.0.113.0/120"}"#,
            Some(r#""NotIpAddress": {"aws:SourceIp": "203.0.113.0/24"}"#),
        ),
        (
            "mapped-range",
            r#""NotIpAddress": {"aws:SourceIp": "::ffff:0:0/90"}"#,
            None,
        ),
        (
            "redundant-condition-value-num",
            r#""NumericGreaterThan": {"aws:MultiFactorAuthAge": [ 3600, 60,"90" ]}"#,
            Some(r#""NumericGreaterThan": {"aws:MultiFactorAuthAge": [ 60 ]}"#),
        ),
        (
            "invalid-date-value",
            r#""DateGreaterThan": {"aws:CurrentTime": 1893456000}"#,
            Some(r#""DateGreaterThan": {"aws:CurrentTime": "2030-01-01T00:00:00Z"}"#),
        ),
        (
            "invalid-date-value",
            r#""DateGreaterThan": {"aws:CurrentTime": "99999999999999999"}"#,
            None,
        ),
        (
            "redundant-key-due-to-wildcard-in-condition",
            r#""StringLikeIfExists": {"aws:PrincipalTag/a": "*"}, "Bool": {"aws:SecureTransport": "false"}"#,
            Some(r#""Bool": {"aws:SecureTransport": "false"}"#),
        ),
    ] {
        assert_eq!(
            fix_of(code, &with_condition(condition)),
            expected.map(with_condition),
            "{condition}"
        );
    }
    let only = with_condition(r#""StringLikeIfExists": {"aws:PrincipalTag/a": "*"}"#);
    assert_eq!(
        fix_of("redundant-key-due-to-wildcard-in-condition", &only).unwrap(),
        r#"{"Version": "2012-10-17", "Statement": {"Effect": "Deny", "Action": "s3:*", "Resource": "*"}}"#
    );
}

/// An edit of another text is not applied.
#[test]
fn a_fix_of_another_text_is_refused() {
    let text = with_condition(r#""NotIpAddress": {"aws:SourceIp": "203.0.113.7/24"}"#);
    let found = findings(&text, PolicyKind::IdentityManaged);
    let fix = found
        .iter()
        .find_map(|finding| finding.fix.clone())
        .unwrap();
    assert!(fix.apply(&text, 0).is_some());
    assert_eq!(fix.apply(&text, 1000), None);
    assert_eq!(fix.apply("é", 0), None);
}
