//! Warnings about documents: the cases of `conformance/lints.toml`.

#![expect(
    clippy::panic,
    clippy::unwrap_used,
    reason = "tests fail by panicking, also in the functions that they share"
)]

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use pinpoint_iam::policy::{Document, Lint, LintCode};
use serde::Deserialize;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Cases {
    case: Vec<Case>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Case {
    /// The code that the case is about. Its document either causes that warning or is a near miss.
    code: String,
    name: String,
    why: String,
    document: String,
    /// Every lint of the document, as `code @ line:column`.
    expected: Vec<String>,
    /// The complete text, if there is one lint.
    display: Option<String>,
}

impl Case {
    fn lints(&self) -> Vec<Lint> {
        Document::parse(&self.document)
            .unwrap_or_else(|error| panic!("{}: {error}", self.name))
            .lints()
    }

    fn is_warned_about(&self) -> bool {
        self.expected
            .iter()
            .any(|lint| lint.split(' ').next() == Some(&self.code))
    }
}

fn cases() -> Vec<Case> {
    let cases: Cases = toml::from_str(include_str!("../../conformance/lints.toml")).unwrap();
    cases.case
}

fn short(lint: &Lint) -> String {
    let position = lint.position();
    format!(
        "{} @ {}:{}",
        lint.code(),
        position.line(),
        position.column()
    )
}

#[test]
fn warnings_about_documents_are_as_expected() {
    let mut wrong = Vec::new();
    for case in cases() {
        let lints = case.lints();
        let found: Vec<String> = lints.iter().map(short).collect();
        let texts: Vec<String> = lints.iter().map(ToString::to_string).collect();
        let is_displayed = case
            .display
            .as_ref()
            .is_none_or(|display| texts == [display.as_str()]);
        if found != case.expected || !is_displayed {
            wrong.push(format!(
                "{}: {} ({})\n  expected {:?}\n  found    {found:?}\n{}",
                case.code,
                case.name,
                case.why,
                case.expected,
                texts.join("\n")
            ));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn every_code_has_a_case_a_near_miss_and_its_text() {
    let cases = cases();
    let known: BTreeSet<&str> = LintCode::ALL.iter().map(|code| code.name()).collect();
    assert_eq!(known.len(), LintCode::ALL.len(), "two codes share a name");
    let mut names = BTreeSet::new();
    let mut warned = BTreeSet::new();
    let mut near = BTreeSet::new();
    let mut displayed: BTreeMap<&str, usize> = BTreeMap::new();
    for case in &cases {
        assert!(
            names.insert((&case.code, &case.name)),
            "two cases are called {}",
            case.name
        );
        assert!(!case.why.is_empty(), "{} has no reason", case.name);
        let side = if case.is_warned_about() {
            &mut warned
        } else {
            &mut near
        };
        side.insert(case.code.as_str());
        if case.display.is_some() {
            assert!(
                case.is_warned_about(),
                "{} displays something else",
                case.name
            );
            *displayed.entry(&case.code).or_default() += 1;
        }
    }
    assert_eq!(warned, known);
    assert_eq!(near, known);
    assert_eq!(displayed, known.iter().map(|code| (*code, 1)).collect());
}

#[test]
fn codes_are_named_in_kebab_case() {
    for code in LintCode::ALL {
        let words: String = code
            .name()
            .split('-')
            .map(|word| {
                let (first, rest) = word.split_at(1);
                first.to_uppercase() + rest
            })
            .collect();
        assert_eq!(words, format!("{code:?}"));
    }
}

/// The parts of a lint can be accessed separately.
#[test]
fn lints_have_parts() {
    let document: Document =
        r#"{"Version": "2012-10-17", "Statement": {"Effect": "Allow", "Action": "*:*", "Resource": "*"}}"#
            .parse()
            .unwrap();
    let lints = document.lints();
    assert_eq!(lints.len(), 1);
    let lint = &lints[0];
    assert_eq!(lint.code(), LintCode::StarColonStar);
    assert_eq!((lint.position().line(), lint.position().column()), (1, 70));
    assert_eq!(
        format!("{}; {}", lint.message(), lint.hint()),
        "the action `*:*` is read as `*`, which AWS does not document; write `*`"
    );
}

/// The policies of the example service are written in AWS's style.
#[test]
fn ordinary_policies_are_not_warned_about() {
    let policies = Path::new(env!("CARGO_MANIFEST_DIR")).join("../examples/campaigns/policies");
    let mut read = 0;
    for entry in std::fs::read_dir(policies).unwrap() {
        let path = entry.unwrap().path();
        if path.ends_with("attachments.json") {
            continue;
        }
        let document = Document::parse(&std::fs::read_to_string(&path).unwrap()).unwrap();
        assert_eq!(document.lints(), [], "{}", path.display());
        read += 1;
    }
    assert!(read > 3);
}

#[derive(Deserialize)]
struct GrammarCases {
    case: Vec<GrammarCase>,
}

#[derive(Deserialize)]
struct GrammarCase {
    document: String,
}

/// Lints have positions in the text, are sorted by position, and are one line each.
#[test]
fn lints_of_strange_documents_have_places() {
    let cases: GrammarCases =
        toml::from_str(include_str!("../../conformance/grammar.toml")).unwrap();
    let mut found = 0;
    for case in cases.case {
        let Ok(document) = Document::parse(&case.document) else {
            continue;
        };
        let lints = document.lints();
        assert!(lints.is_sorted_by_key(Lint::position));
        for lint in lints {
            let position = lint.position();
            let line = case.document.split('\n').nth(position.line() - 1).unwrap();
            assert!(position.column() <= line.chars().count(), "{lint}");
            assert!(!lint.message().is_empty() && !lint.hint().is_empty());
            assert!(!lint.to_string().contains('\n'), "{lint}");
            found += 1;
        }
    }
    assert!(found > 10);
}
