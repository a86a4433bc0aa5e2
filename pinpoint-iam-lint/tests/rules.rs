//! Checks each rule with the documents in its documentation.

#![cfg(feature = "rules")]
#![expect(clippy::unwrap_used, reason = "a test whose set-up fails has failed")]

#[path = "rules/fixes.rs"]
mod fixes;
#[path = "rules/formatting.rs"]
mod formatting;
#[path = "rules/sources.rs"]
mod sources;

use std::collections::{BTreeSet, HashSet};
use std::fmt::Write as _;
use std::path::Path;
use std::time::SystemTime;
use std::{env, fs};

use pinpoint_iam_catalog::{Catalog, SourceFile};
use pinpoint_iam_core::json::Node;
use pinpoint_iam_core::policy::{Document, PolicyKind};
use pinpoint_iam_lint::{
    Class, Config, Example, Finding, Linter, OMITTED, Rule, parse_kind, rule, rules,
};

fn findings(text: &str, kind: PolicyKind) -> Vec<Finding> {
    Linter::new(Catalog::builtin().unwrap())
        .lint(text, kind)
        .findings
}

/// The findings in an example of a rule, with the configuration that the rule needs.
fn findings_with(rule: &Rule, example: &Example) -> Vec<Finding> {
    let config = rule.configuration.unwrap_or_default();
    let config = Config::parse(config, SystemTime::UNIX_EPOCH).unwrap();
    let mut linter = Linter::new(Catalog::builtin().unwrap());
    if let Some(sources) = config.sources() {
        linter = linter.with_sources(sources);
    }
    linter.lint(example.document, example.kind).findings
}

fn of(rule: &Rule, example: &Example) -> Vec<Finding> {
    let mut findings = findings_with(rule, example);
    findings.retain(|finding| finding.code == rule.code);
    findings
}

#[test]
fn each_rule_reports_its_example_and_not_its_near_miss() {
    let mut wrong = String::new();
    for rule in rules() {
        let found = of(rule, &rule.example).len();
        if found != 1 {
            writeln!(wrong, "{}: {found} findings in the example", rule.code).unwrap();
        }
        for finding in of(rule, &rule.near_miss) {
            writeln!(wrong, "{}: in the near miss: {finding}", rule.code).unwrap();
        }
    }
    assert!(wrong.is_empty(), "\n{wrong}");
}

/// The exact words and places of all findings in the examples: those of the rule itself, and those of others.
#[test]
fn messages_are_those_on_file() {
    let mut written = String::new();
    for rule in rules() {
        writeln!(written, "{}", rule.code).unwrap();
        for finding in findings_with(rule, &rule.example) {
            writeln!(written, "  {finding}").unwrap();
        }
    }
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/wording.txt");
    if env::var_os("UPDATE_WORDING").is_some() {
        fs::write(&path, &written).unwrap();
    }
    let expected = fs::read_to_string(&path).unwrap();
    for (line, (written, expected)) in written.lines().zip(expected.lines()).enumerate() {
        assert_eq!(written, expected, "tests/wording.txt, line {}", line + 1);
    }
    assert_eq!(written, expected);
}

#[test]
fn codes_are_unique_and_found() {
    let mut codes = HashSet::new();
    for entry in rules() {
        assert!(codes.insert(entry.code), "{}", entry.code);
        assert!(std::ptr::eq(rule(entry.code).unwrap(), entry));
        let is_kebab =
            |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-';
        assert!(entry.code.bytes().all(is_kebab), "{}", entry.code);
        assert!(entry.description.ends_with('.'), "{}", entry.code);
    }
    assert_eq!(rule("INVALID_EFFECT").unwrap().code, "invalid-effect");
    assert!(rule("no-such-rule").is_none());
}

/// Each issue code of IAM Access Analyzer has a rule or a reason.
#[test]
fn every_code_of_access_analyzer_is_accounted_for() {
    let with_rule: HashSet<&str> = rules().filter_map(|rule| rule.aws_code).collect();
    for omitted in OMITTED {
        assert!(
            !with_rule.contains(omitted.aws_code),
            "{}",
            omitted.aws_code
        );
    }
    let listed = include_str!("access-analyzer-codes.txt");
    for code in listed.split_whitespace() {
        let is_omitted = OMITTED.iter().any(|omitted| omitted.aws_code == code);
        assert!(with_rule.contains(code) || is_omitted, "{code}");
    }
    assert_eq!(
        listed.split_whitespace().count(),
        with_rule.len() + OMITTED.len()
    );
}

/// Documents that are similar to the examples: exactly these codes of IAM Access Analyzer are reported.
#[test]
fn related_documents_have_these_codes() {
    let mut wrong = String::new();
    for line in include_str!("cases.jsonl").lines() {
        let root = Node::root(line).unwrap();
        let members = root.members().unwrap();
        let value = |name: &str| {
            &members
                .iter()
                .find(|member| member.name == name)
                .unwrap()
                .value
        };
        let text = |name: &str| value(name).text().unwrap().content;
        let kind = parse_kind(&text("kind")).unwrap();
        let found: BTreeSet<&str> = findings(&text("document"), kind)
            .iter()
            .filter_map(|finding| finding.aws_code)
            .collect();
        let codes = value("aws_codes").elements().unwrap();
        let expected: BTreeSet<String> = codes
            .iter()
            .map(|code| code.text().unwrap().content.into_owned())
            .collect();
        if !found
            .iter()
            .copied()
            .eq(expected.iter().map(String::as_str))
        {
            writeln!(wrong, "{}: {found:?}, expected {expected:?}", text("name")).unwrap();
        }
    }
    assert!(wrong.is_empty(), "\n{wrong}");
}

/// The policies of the examples and of the documentation have no errors and no security warnings.
#[test]
fn policies_of_the_examples_are_clean() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
    let widgets = fs::read_to_string(root.join("examples/widgets/catalog/acme.toml")).unwrap();
    let widgets = Catalog::load([SourceFile::new("acme.toml", widgets)]).unwrap();
    let catalog = widgets.beside(Catalog::builtin().unwrap());
    let linter = Linter::new(&catalog);
    let mut checked = 0;
    for folder in ["examples/campaigns/policies", "examples/widgets/policies"] {
        for entry in fs::read_dir(root.join(folder)).unwrap() {
            let path = entry.unwrap().path();
            let is_policy = path
                .extension()
                .is_some_and(|extension| extension == "json")
                && !path.ends_with("attachments.json");
            if !is_policy {
                continue;
            }
            let text = fs::read_to_string(&path).unwrap();
            for finding in linter.lint(&text, PolicyKind::IdentityManaged).findings {
                let is_administrator = finding.code.ends_with("with-star-in-action-and-resource")
                    && path.ends_with("administrator.json");
                assert!(
                    finding.class <= Class::Warning || is_administrator,
                    "{}: {finding}",
                    path.display()
                );
            }
            checked += 1;
        }
    }
    assert!(checked >= 9, "{checked}");
}

/// `docs/reference/access-analyzer.md` lists each issue code with our rules or the reason why there is none.
#[test]
fn the_table_of_codes_is_fresh() {
    let mut table = String::from(
        "# Issue codes of IAM Access Analyzer\n\n\
         The checks of [IAM Access Analyzer](https://docs.aws.amazon.com/IAM/latest/UserGuide/access-analyzer-reference-policy-checks.html), and the rules of `pinpoint-iam lint` that report the same.\n\
         `pinpoint-iam rule CODE` describes a rule.\n\
         This page is written from the rules: `UPDATE_DOCS=1 cargo test -p pinpoint-iam-lint`.\n\n\
         | Issue code | Rule | Class |\n| --- | --- | --- |\n",
    );
    for code in include_str!("access-analyzer-codes.txt").split_whitespace() {
        let of_code: Vec<&Rule> = rules().filter(|rule| rule.aws_code == Some(code)).collect();
        let join = |cells: Vec<String>| cells.join("<br>");
        let (names, classes) = match OMITTED.iter().find(|omitted| omitted.aws_code == code) {
            Some(omitted) => (format!("none: {}", omitted.reason), String::new()),
            None => (
                join(
                    of_code
                        .iter()
                        .map(|rule| format!("`{}`", rule.code))
                        .collect(),
                ),
                join(of_code.iter().map(|rule| rule.class.to_string()).collect()),
            ),
        };
        writeln!(table, "| `{code}` | {names} | {classes} |").unwrap();
    }
    table.push_str(
        "\n## Other rules\n\nIAM Access Analyzer has no check for these.\n\n| Rule | Class | Reports |\n| --- | --- | --- |\n",
    );
    for rule in rules().filter(|rule| rule.aws_code.is_none()) {
        writeln!(
            table,
            "| `{}` | {} | {} |",
            rule.code, rule.class, rule.description
        )
        .unwrap();
    }
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../docs/reference/access-analyzer.md");
    if env::var_os("UPDATE_DOCS").is_some() {
        fs::write(&path, &table).unwrap();
    }
    assert!(
        fs::read_to_string(&path).unwrap() == table,
        "`docs/reference/access-analyzer.md` is stale; write it with `UPDATE_DOCS=1` in the environment"
    );
}

/// A document without errors is one that the strict reader and the rules for its kind accept.
#[test]
fn what_the_strict_reader_rejects_has_an_error() {
    let near_misses = rules().map(|rule| &rule.near_miss);
    for example in rules().map(|rule| &rule.example).chain(near_misses) {
        for kind in PolicyKind::ALL {
            let has_error = findings(example.document, *kind)
                .iter()
                .any(|finding| finding.class >= Class::Warning);
            let is_accepted = Document::parse(example.document)
                .is_ok_and(|document| document.faults(*kind).is_empty());
            assert!(has_error || is_accepted, "{kind}: {}", example.document);
        }
    }
}

#[test]
fn an_error_in_one_statement_does_not_hide_another() {
    let text = r#"{
  "Version": "2012-10-17",
  "Statement": [
    {"Effect": "Allow", "Action": "mobiletargeting:GetApp", "Resource": 1},
    {"Effect": "Allow", "Action": "mobiletargeting:GetCampagin", "Resource": "*"},
    {"Effect": "Allow", "Action": "mobiletargeting:GetApp", "Resource": "*", "Condition": {"StringEqual": {}}}
  ]
}"#;
    let found: Vec<(usize, usize, &str)> = findings(text, PolicyKind::IdentityManaged)
        .iter()
        .map(|finding| (finding.line, finding.column, finding.code))
        .collect();
    assert_eq!(
        found,
        [
            (4, 73, "data-type-mismatch"),
            (5, 35, "invalid-action"),
            (6, 92, "invalid-condition-operator"),
            (6, 107, "empty-object-condition"),
        ]
    );
}

/// A message with the same text twice would not name the other entry.
#[test]
fn an_entry_that_is_written_twice_names_the_other_by_its_number() {
    for (element, expected) in [
        (
            r#""Action": ["s3:GetObject", "s3:ListBucket", "s3:GetObject"], "Resource": "arn:aws:s3:::b""#,
            "the action `s3:GetObject` is also entry 1 of the list",
        ),
        (
            r#""Action": ["s3:getobject", "s3:GetObject"], "Resource": "arn:aws:s3:::b""#,
            "the action `s3:GetObject` is covered by `s3:getobject`",
        ),
        (
            r#""Action": "s3:ListBucket", "Resource": ["arn:aws:s3:::a", "arn:aws:s3:::b", "arn:aws:s3:::b"]"#,
            "the resource `arn:aws:s3:::b` is also entry 2 of the list",
        ),
    ] {
        let text = format!(
            r#"{{"Version": "2012-10-17", "Statement": {{"Effect": "Allow", {element}}}}}"#
        );
        let found = findings(&text, PolicyKind::IdentityManaged);
        let mut messages = found
            .iter()
            .filter(|finding| finding.code.starts_with("redundant-"))
            .map(|finding| &finding.message);
        assert_eq!(messages.next().unwrap(), expected);
        assert_eq!(messages.next(), None);
    }
}

#[test]
fn a_byte_order_mark_is_named() {
    let text = "\u{feff}{\"Version\": \"2012-10-17\", \"Statement\": []}";
    let found = findings(text, PolicyKind::IdentityManaged);
    let [finding] = found.as_slice() else {
        panic!("{found:?}")
    };
    assert_eq!(
        finding.to_string(),
        "1:1: error[json-syntax-error]: the text starts with a byte order mark; \
         save it as UTF-8 without a byte order mark"
    );
}

#[test]
fn services_without_a_catalog_are_listed() {
    let text = r#"{"Version": "2012-10-17", "Statement": {"Effect": "Deny",
        "Action": ["S3:GetObject", "mobiletargeting:GetApp", "*"], "Resource": "*"}}"#;
    let report = Linter::new(Catalog::builtin().unwrap()).lint(text, PolicyKind::IdentityManaged);
    assert_eq!(
        report.unknown_services.into_iter().collect::<Vec<_>>(),
        ["s3"]
    );
}

#[test]
fn kinds_have_aliases() {
    assert_eq!(parse_kind("identity"), Ok(PolicyKind::IdentityManaged));
    assert_eq!(parse_kind("trust"), Ok(PolicyKind::RoleTrust));
    assert_eq!(parse_kind("scp"), Ok(PolicyKind::ServiceControl));
    assert!(parse_kind("Trust").is_err());
}

/// No text makes the linter panic, and every span is a part of the text.
#[test]
fn any_part_of_a_document_can_be_missing() {
    for rule in rules() {
        let text = rule.example.document;
        if text.len() > 1000 {
            continue;
        }
        for end in (0..text.len()).filter(|end| text.is_char_boundary(*end)) {
            let (part, _) = text.split_at(end);
            for finding in findings(part, rule.example.kind) {
                assert!(part.get(finding.span.clone()).is_some(), "{finding}");
            }
        }
    }
}
