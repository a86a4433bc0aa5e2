//! Which documents are valid policies: the cases of `conformance/grammar.toml`, and random texts.

#![expect(
    clippy::indexing_slicing,
    clippy::panic,
    clippy::unwrap_used,
    reason = "tests fail by panicking, also in the functions that they share"
)]

use std::collections::{BTreeMap, BTreeSet};

use pinpoint_iam::policy::{Document, Limits, Partitions, PolicyKind};
use proptest::prelude::*;
use serde::Deserialize;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Cases {
    /// The text of each rule, by name.
    rules: BTreeMap<String, String>,
    case: Vec<Case>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Case {
    rule: String,
    name: String,
    why: String,
    kind: String,
    document: String,
    fill: Option<usize>,
    /// The error, if the document is not a valid policy.
    error: Option<String>,
}

impl Case {
    fn text(&self) -> String {
        let Some(length) = self.fill else {
            return self.document.clone();
        };
        let others = self.document.chars().count() - "FILL".len();
        self.document.replace("FILL", &"a".repeat(length - others))
    }

    fn kind(&self) -> PolicyKind {
        self.kind
            .parse()
            .unwrap_or_else(|error| panic!("{}: {error}", self.name))
    }

    fn read(&self) -> Result<Document, String> {
        let document = Document::parse(&self.text()).map_err(|error| error.to_string())?;
        document
            .validate(self.kind())
            .map_err(|error| error.to_string())?;
        Ok(document)
    }
}

fn cases() -> Cases {
    toml::from_str(include_str!("../../conformance/grammar.toml")).unwrap()
}

#[test]
fn documents_are_accepted_or_rejected_as_expected() {
    let mut wrong = Vec::new();
    for case in cases().case {
        let error = case.read().err();
        if error != case.error {
            wrong.push(format!(
                "{} ({})\n  expected {:?}\n  found    {:?}",
                case.name, case.why, case.error, error
            ));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn every_rule_has_a_valid_and_an_invalid_case() {
    let cases = cases();
    let mut names = BTreeSet::new();
    let mut covered = BTreeSet::new();
    for case in &cases.case {
        assert!(
            names.insert((&case.rule, &case.name)),
            "two cases are called {}",
            case.name
        );
        assert!(!case.why.is_empty(), "{} has no reason", case.name);
        covered.insert((case.rule.as_str(), case.error.is_none()));
    }
    let expected = cases
        .rules
        .keys()
        .flat_map(|rule| [(rule.as_str(), false), (rule.as_str(), true)])
        .collect();
    assert_eq!(covered, expected);
}

#[test]
fn valid_documents_are_written_back() {
    for case in cases().case {
        let Ok(document) = case.read() else { continue };
        assert_written_back(&case.text(), &document);
    }
}

/// Checks that the written text can be parsed as an equal document, and equals the parsed JSON.
fn assert_written_back(text: &str, document: &Document) {
    let json = |text: &str| -> serde_json::Value { serde_json::from_str(text).unwrap() };
    for written in [document.to_string(), document.to_string_pretty()] {
        assert_eq!(&written.parse::<Document>().unwrap(), document);
        assert_eq!(json(&written), json(text), "{text}");
    }
}

#[test]
fn writing_keeps_what_was_written() {
    let text = r#"{"Id":"","Statement":[{"Sid":"","Effect":"Deny","NotPrincipal":{"Service":["a.b"],"AWS":"123456789012"},"NotAction":["a:B"],"NotResource":[null,"arn:*",null],"Condition":{"x":{},"NumericEquals":{"k:n":[1.50,1e2,"-0"],"k:m":7},"Bool":{"k:b":[true],"k:c":false}}}]}"#;
    let document: Document = text.parse().unwrap();
    assert_eq!(document.to_string(), text);
    assert_eq!(
        serde_json::to_string(document.statements()).unwrap(),
        text.split_once("\"Statement\":")
            .unwrap()
            .1
            .strip_suffix('}')
            .unwrap()
    );
}

#[test]
fn documents_with_other_contents_differ() {
    let document = |statement: &str| -> Document {
        format!(r#"{{"Statement":{statement}}}"#).parse().unwrap()
    };
    let base = r#"{"Effect":"Allow","Action":"a:B","Resource":"*"}"#;
    assert_eq!(document(base), document(&base.replace(',', " ,\n")));
    for other in [
        r#"[{"Effect":"Allow","Action":"a:B","Resource":"*"}]"#,
        r#"{"Effect":"Deny","Action":"a:B","Resource":"*"}"#,
        r#"{"Effect":"Allow","Action":["a:B"],"Resource":"*"}"#,
        r#"{"Effect":"Allow","NotAction":"a:B","Resource":"*"}"#,
        r#"{"Effect":"Allow","Action":"a:B","Resource":"arn:*"}"#,
        r#"{"Effect":"Allow","Action":"a:B","NotResource":"*"}"#,
        r#"{"Effect":"Allow","Action":"a:B"}"#,
        r#"{"Effect":"Allow","Action":"a:B","Resource":"*","Condition":{}}"#,
        r#"{"Effect":"Allow","Action":"a:B","Resource":"*","Sid":""}"#,
        r#"{"Effect":"Allow","Action":"a:B","Resource":"*","Principal":"*"}"#,
    ] {
        assert_ne!(document(base), document(other), "{other}");
    }
}

#[test]
fn statements_know_their_places() {
    let text = "{\n  \"Statement\": [\n    {\"Effect\": \"Deny\", \"Resource\": \"*\",\n     \"Action\": [\n       \"ü:*\", \"b:C\"]},\n    {\"Action\": \"*\",  \"Resource\": \"*\", \"Effect\": \"Deny\"}\n  ]\n}";
    let document: Document = text.parse().unwrap();
    let [first, second] = document.statements() else {
        panic!("two statements");
    };
    let place = |position: pinpoint_iam::policy::Position| (position.line(), position.column());
    assert_eq!((first.index(), place(first.position())), (0, (3, 5)));
    assert_eq!((second.index(), place(second.position())), (1, (6, 5)));
    assert_eq!(place(first.action().position()), (4, 16));
    assert_eq!(place(first.action().patterns()[1].position()), (5, 15));
    assert_eq!(place(first.resource().unwrap().position()), (3, 36));
    assert_eq!(
        place(second.resource().unwrap().patterns()[0].position()),
        (6, 34)
    );
}

#[test]
fn all_faults_are_found_in_the_order_of_the_text() {
    let document: Document = r#"{"Statement": {"Resource": ["bad:*", "*"],
        "Action": ["m*:X", "*", "a b:c"], "Effect": "Allow", "Principal": "*"}}"#
        .replace("bad", "*")
        .parse()
        .unwrap();
    let faults: Vec<String> = document
        .faults(PolicyKind::Session)
        .iter()
        .map(|fault| format!("{}: {}", fault.position(), fault.message()))
        .collect();
    assert_eq!(
        faults,
        [
            "line 1, column 1: the document has no `Version`",
            "line 1, column 29: the resource `*:*` does not name its service",
            "line 2, column 20: the action `m*:X` has a wildcard in its service prefix",
            "line 2, column 33: the action `a b:c` has a service prefix that none can be",
            "line 2, column 75: the statement has a `Principal`",
        ]
    );
}

#[test]
fn the_quota_is_not_part_of_the_grammar() {
    let text = format!(
        r#"{{"Version":"2012-10-17","Statement":{{"Sid":"{}","Effect":"Allow","Action":"a*:b","Resource":"*"}}}}"#,
        "a".repeat(7000)
    );
    let document = Document::parse(&text).unwrap();
    for kind in [PolicyKind::IdentityManaged, PolicyKind::ServiceControl] {
        let [quota, others @ ..] = &document.faults(kind)[..] else {
            panic!("no faults");
        };
        let excess = quota.message().starts_with("the document has ");
        assert_eq!(excess, kind == PolicyKind::IdentityManaged);
        let grammar = document.grammar_faults(kind, &Partitions::AWS);
        assert_eq!(grammar.len(), 1);
        assert_eq!(others.is_empty(), !excess);
        assert_eq!(
            document.validate_grammar(kind, &Partitions::AWS),
            Err(grammar[0].clone())
        );
    }
    let document = Document::parse(&text.replace("a*:b", "a:b")).unwrap();
    assert!(document.validate(PolicyKind::IdentityManaged).is_err());
    assert_eq!(
        document.validate_grammar(PolicyKind::IdentityManaged, &Partitions::AWS),
        Ok(())
    );
}

#[test]
fn limits_can_be_lowered_and_raised() {
    let text = r#"{"Statement":[{"Effect":"Allow","Action":"*"},{"Effect":"Allow","Action":"*"}]}"#;
    let read = |limits: Limits| match Document::parse_with(text, &limits) {
        Ok(_) => "read".to_owned(),
        Err(error) => error.to_string(),
    };
    let limits = Limits::default();
    assert_eq!(read(limits.clone().with_max_length(79)), "read");
    assert_eq!(
        read(limits.clone().with_max_length(78)),
        "line 1, column 1: the document has 79 bytes, and 78 is the limit; shorten it or raise the limit"
    );
    assert_eq!(read(limits.clone().with_max_depth(3)), "read");
    assert_eq!(
        read(limits.clone().with_max_depth(2)),
        "line 1, column 15: objects and lists are nested deeper than 2 levels; a policy document needs 6 levels; \
         remove the others or raise the limit"
    );
    assert_eq!(read(limits.clone().with_max_statements(2)), "read");
    assert_eq!(
        read(limits.with_max_statements(1)),
        "line 1, column 14: the document has 2 statements, and 1 is the limit; split it or raise the limit"
    );
}

/// Parsing lists is not recursive, so a raised limit cannot cause a stack overflow.
#[test]
fn a_raised_depth_does_no_harm() {
    let deep = format!(
        r#"{{"Statement":{}{}}}"#,
        "[".repeat(500_000),
        "]".repeat(500_000)
    );
    let limits = Limits::default()
        .with_max_length(deep.len())
        .with_max_depth(deep.len());
    assert_eq!(
        Document::parse_with(&deep, &limits)
            .unwrap_err()
            .to_string(),
        "line 1, column 15: the statement is a list; write an object with `Effect`, `Action` and `Resource`"
    );
}

/// Returns one of `choices`, or several in a list.
fn one_or_more(choices: &'static [&'static str]) -> impl Strategy<Value = String> {
    prop_oneof![
        prop::sample::select(choices).prop_map(str::to_owned),
        prop::collection::vec(prop::sample::select(choices), 1..4)
            .prop_map(|items| format!("[{}]", items.join(" , "))),
    ]
}

fn statement(index: usize) -> impl Strategy<Value = String> {
    const ACTIONS: &[&str] = &[
        r#""*""#,
        r#""*:*""#,
        r#""s3:Get*""#,
        r#""m*:?""#,
        r#""a:b c""#,
    ];
    const RESOURCES: &[&str] = &[
        r#""*""#,
        r#""arn:*""#,
        r#""arn:aws:s3:::b/${aws:username, 'x'}/*""#,
        r#""arn:aws:a:b:c:\u00fc\"${*}""#,
    ];
    const PRINCIPALS: &[&str] = &[
        r#""*""#,
        r#"{"AWS": "*"}"#,
        r#"{"Service": ["a.b"], "AWS": ["123456789012", "arn:aws:iam::1:root"]}"#,
    ];
    const CONDITIONS: &[&str] = &[
        "{}",
        r#"{"StringLike": {"aws:username": ["a*", "${aws:userid}"]}, "Null": {}}"#,
        r#"{"NumericLessThan": {"k:n": [1, 2.50, "3"]}, "Bool": {"k:b": true}}"#,
        r#"{"no such": {}, "ForAllValues:StringEquals": {"aws:TagKeys": []}}"#,
    ];
    (
        prop::option::of(prop::sample::select(vec![
            String::new(),
            format!("Sid{index}"),
        ])),
        any::<bool>(),
        prop::option::of(prop::sample::select(PRINCIPALS)),
        (any::<bool>(), one_or_more(ACTIONS)),
        prop::option::of((any::<bool>(), one_or_more(RESOURCES))),
        prop::option::of(prop::sample::select(CONDITIONS)),
        any::<prop::sample::Index>(),
    )
        .prop_map(
            |(sid, denies, principal, action, resource, condition, turn)| {
                let not = |negated: bool| if negated { "Not" } else { "" };
                let mut members = vec![format!(
                    r#""Effect":"{}""#,
                    if denies { "Deny" } else { "Allow" }
                )];
                members.extend(sid.map(|sid| format!(r#""Sid" : "{sid}""#)));
                members.extend(principal.map(|value| format!(r#""Principal": {value}"#)));
                members.push(format!(r#""{}Action":{}"#, not(action.0), action.1));
                members.extend(
                    resource
                        .map(|(negated, value)| format!(r#""{}Resource":{value}"#, not(negated))),
                );
                members.extend(condition.map(|value| format!("\"Condition\":\n{value}")));
                let turn = turn.index(members.len());
                members.rotate_left(turn);
                format!("{{{}}}", members.join(",\n"))
            },
        )
}

fn document() -> impl Strategy<Value = String> {
    const VERSIONS: &[&str] = &[
        "",
        r#""Version": "2012-10-17", "#,
        r#""Version": "2008-10-17", "Id": "x", "#,
    ];
    let statements = prop_oneof![
        statement(0),
        (statement(0), statement(1), statement(2))
            .prop_map(|(first, second, third)| format!("[{first}, {second},{third}]")),
    ];
    (prop::sample::select(VERSIONS), statements)
        .prop_map(|(version, statements)| format!(r#"{{{version}"Statement": {statements}}}"#))
}

/// A document with one change, like a typing mistake or a programming error.
fn mutated() -> impl Strategy<Value = String> {
    const INSERTED: &[&str] = &[
        "",
        "\"",
        "\\",
        "{",
        "}",
        "[",
        "]",
        ",",
        ":",
        "null",
        "0",
        "${",
        "\u{0}",
        "ü",
        "中",
        "\\ud800",
        "\"Effect\":\"Deny\",",
        "*",
    ];
    (
        document(),
        any::<prop::sample::Index>(),
        0..12_usize,
        prop::sample::select(INSERTED),
    )
        .prop_map(|(text, start, length, inserted)| {
            let characters: Vec<char> = text.chars().collect();
            let start = start.index(characters.len());
            let end = (start + length).min(characters.len());
            let before: String = characters[..start].iter().collect();
            let after: String = characters[end..].iter().collect();
            format!("{before}{inserted}{after}")
        })
}

/// Parses and validates `text`. The position of an error must exist in the text.
fn examine(text: &str) {
    let faults = match Document::parse(text) {
        Ok(document) => {
            assert_written_back(text, &document);
            PolicyKind::ALL
                .iter()
                .flat_map(|kind| document.faults(*kind))
                .collect()
        }
        Err(error) => vec![error],
    };
    for fault in faults {
        let line = text.split('\n').nth(fault.line() - 1).unwrap();
        assert!(fault.column() <= line.chars().count() + 1, "{fault}");
        assert!(!fault.message().is_empty() && !fault.hint().is_empty());
    }
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn documents_are_read_and_written_back(text in document()) {
        let document: Document = text.parse().unwrap();
        assert_written_back(&text, &document);
    }

    #[test]
    fn no_slip_makes_reading_panic(text in mutated()) {
        examine(&text);
    }

    #[test]
    fn no_text_makes_reading_panic(text in any::<String>()) {
        examine(&text);
    }

    #[test]
    fn no_string_makes_reading_panic(text in any::<String>()) {
        let text = serde_json::to_string(&text).unwrap();
        for document in [
            format!(r#"{{"Version":"2012-10-17","Statement":{{"Effect":"Deny","Action":{text},"Resource":"*"}}}}"#),
            format!(r#"{{"Version":"2012-10-17","Statement":{{"Effect":"Deny","Action":"*","Resource":{text}}}}}"#),
            format!(r#"{{"Statement":{{"Effect":"Deny","Action":"*","Principal":{{"AWS":{text}}}}}}}"#),
            format!(r#"{{"Statement":{{"Effect":"Deny","Action":"*","Condition":{{"StringLike":{{"k:k":{text}}}}}}}}}"#),
            format!(r#"{{"Id":{text},"Statement":{{{text}:1}}}}"#),
        ] {
            examine(&document);
        }
    }
}
