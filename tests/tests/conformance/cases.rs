//! The tables of `conformance/`: every rule has a case, and every case has the expected result.
//!
//! The cases of `evaluation.toml` run here, with every evaluator. Those of `conditions.toml` run in `conditions.rs`,
//! but the rules that they cover are counted here. `grammar.toml` is about documents and has its own rules.

#![expect(
    clippy::unwrap_used,
    reason = "a test fails by panicking, its helpers too"
)]

use std::collections::{BTreeMap, BTreeSet};

use pinpoint_iam_test_policies::case::Evaluator;
use pinpoint_iam_tests::table::Table;
use serde::Deserialize;

const EVALUATION: &str = include_str!("../../conformance/evaluation.toml");
const RULES: &str = include_str!("../../conformance/RULES.toml");

/// The tables, with the name that test failures show.
const TABLES: &[(&str, &str)] = &[
    ("evaluation.toml", EVALUATION),
    (
        "conditions.toml",
        include_str!("../../conformance/conditions.toml"),
    ),
    ("lists.toml", include_str!("../../conformance/lists.toml")),
];

#[test]
fn every_case_gives_its_answer() {
    let table = Table::parse(EVALUATION).unwrap();
    let mut faults = Vec::new();
    for evaluator in Evaluator::ALL {
        for case in &table.cases {
            for fault in table.check(case, evaluator) {
                let (name, why) = (&case.name, &case.why);
                faults.push(format!("{name} ({why})\n    {}: {fault}", evaluator.name()));
            }
        }
    }
    assert!(faults.is_empty(), "{}", faults.join("\n"));
}

#[test]
fn every_case_has_a_name_of_its_own_and_a_reason() {
    let table = Table::parse(EVALUATION).unwrap();
    let mut names = BTreeSet::new();
    for case in &table.cases {
        assert!(
            names.insert(&case.name),
            "two cases are called `{}`",
            case.name
        );
        assert!(!case.why.is_empty(), "`{}` has no reason", case.name);
    }
}

/// Unused definitions at the start of the table would be misleading.
#[test]
fn every_named_principal_and_statement_is_used() {
    let table = Table::parse(EVALUATION).unwrap();
    assert_eq!(table.unused(), Vec::<&str>::new());
}

/// The part of a case that is needed to count rules, in any table.
#[derive(Deserialize)]
struct Cases {
    case: Vec<Tagged>,
}

#[derive(Deserialize)]
struct Tagged {
    name: String,
    rules: Vec<String>,
}

#[test]
fn every_rule_has_a_case_and_every_case_a_rule() {
    let rules = rules();
    let mut without_case: BTreeSet<&str> = rules.iter().map(String::as_str).collect();
    let mut faults = Vec::new();
    for (file, text) in TABLES {
        let table: Cases = toml::from_str(text).unwrap_or_else(|error| panic!("{file}: {error}"));
        for Tagged { name, rules: shown } in &table.case {
            if shown.is_empty() {
                faults.push(format!("{file}: `{name}` lists no rule"));
            }
            for rule in shown {
                without_case.remove(rule.as_str());
                if !rules.contains(rule) {
                    faults.push(format!(
                        "{file}: `{name}` lists `{rule}`, which RULES.toml does not have"
                    ));
                }
            }
        }
    }
    faults.extend(
        without_case
            .iter()
            .map(|rule| format!("no case shows the rule `{rule}`")),
    );
    assert!(faults.is_empty(), "{}", faults.join("\n"));
}

#[test]
fn every_rule_is_a_sentence() {
    let groups: BTreeMap<String, BTreeMap<String, String>> = toml::from_str(RULES).unwrap();
    for (rule, sentence) in groups.values().flatten() {
        let text = sentence.strip_suffix(" (ours)").unwrap_or(sentence);
        assert!(
            text.ends_with('.') && text.contains(' '),
            "`{rule}`: {sentence}"
        );
    }
}

/// Returns the rules as cases refer to them: `group.rule`.
fn rules() -> BTreeSet<String> {
    let groups: BTreeMap<String, BTreeMap<String, String>> = toml::from_str(RULES).unwrap();
    groups
        .iter()
        .flat_map(|(group, rules)| rules.keys().map(move |rule| format!("{group}.{rule}")))
        .collect()
}
