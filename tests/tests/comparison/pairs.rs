//! Pairs of policies for which another tool has published verdicts.
//!
//! `tests/comparison/pairs.jsonl` contains each pair once, without names of statements. `times` is the number of times
//! it was published. If our verdict differs, `why` explains which one is correct.

use pinpoint_iam_compare::{Comparer, PolicySet, Verdict};
use pinpoint_iam_test_policies::comparison::{assert_confirmed, set};
use serde::Deserialize;
use serde_json::value::RawValue;

const PAIRS: &str = include_str!("../../comparison/pairs.jsonl");

#[derive(Deserialize)]
struct Pair<'a> {
    name: &'a str,
    times: usize,
    #[serde(borrow)]
    first: &'a RawValue,
    #[serde(borrow)]
    second: &'a RawValue,
    published: &'a str,
    verdict: &'a str,
    #[serde(borrow)]
    why: Option<std::borrow::Cow<'a, str>>,
}

fn pairs() -> Vec<Pair<'static>> {
    let pairs = PAIRS
        .lines()
        .map(|line| serde_json::from_str(line).unwrap());
    pairs.collect()
}

fn sets(pair: &Pair<'_>) -> (PolicySet, PolicySet) {
    (
        set("first", pair.first.get()),
        set("second", pair.second.get()),
    )
}

#[test]
fn verdicts_are_as_published_or_differ_for_a_reason() {
    let mut published = 0;
    for pair in pairs() {
        let (first, second) = sets(&pair);
        let comparison = Comparer::new().compare(&first, &second);
        assert_confirmed(&comparison);
        assert_eq!(comparison.verdict().name(), pair.verdict, "{}", pair.name);
        let differs = pair.verdict != pair.published;
        assert_eq!(pair.why.is_some(), differs, "{}", pair.name);
        published += pair.times;
    }
    assert_eq!(published, 278);
}

/// In the reverse direction, gained permissions are lost ones.
#[test]
fn verdicts_are_mirrored_when_the_sides_are_exchanged() {
    for pair in pairs() {
        let (first, second) = sets(&pair);
        let back = Comparer::new().compare(&second, &first);
        assert_confirmed(&back);
        let expected = match pair.verdict {
            "wider" => Verdict::Narrower,
            "narrower" => Verdict::Wider,
            "equal" => Verdict::Equal,
            "incomparable" => Verdict::Incomparable,
            other => panic!("{other}"),
        };
        assert_eq!(back.verdict(), expected, "{}", pair.name);
    }
}

/// Only a list with an empty text next to another value satisfies `ForAnyValue:Null`. Such a list is a value of every type.
#[test]
fn an_empty_text_next_to_a_value_is_considered_for_every_type() {
    for condition in [
        r#"{"BoolIfExists":{"aws:SecureTransport":"true"}}"#,
        r#"{"NumericLessThanIfExists":{"aws:SecureTransport":"3"}}"#,
        r#"{"DateLessThanIfExists":{"aws:SecureTransport":"2026-01-01T00:00:00Z"}}"#,
        r#"{"IpAddressIfExists":{"aws:SecureTransport":"203.0.113.0/24"}}"#,
        r#"{"ArnLikeIfExists":{"aws:SecureTransport":"arn:aws:iam::*:user/ana"}}"#,
        r#"{"StringEqualsIfExists":{"aws:SecureTransport":"true"}}"#,
    ] {
        let statement = |condition: &str| {
            format!(
                r#"{{"Statement":{{"Effect":"Allow","Action":"mobiletargeting:GetApp","Resource":"*","Condition":{condition}}}}}"#
            )
        };
        let first = set("first", &statement(condition));
        let second = statement(r#"{"ForAnyValue:Null":{"aws:SecureTransport":"true"}}"#);
        let second = set("second", &second);
        let comparison = Comparer::new().compare(&first, &second);
        assert_confirmed(&comparison);
        assert_eq!(comparison.verdict(), Verdict::Incomparable, "{condition}");
    }
}
