//! The table `conformance/conditions.toml`: the result of every condition operator, with one rule for each case.

#![expect(
    clippy::unwrap_used,
    reason = "a test fails by panicking, its helpers too"
)]

use std::collections::{BTreeMap, BTreeSet};
use std::net::IpAddr;
use std::time::{Duration, SystemTime};

use pinpoint_iam::condition::{BaseOperator, Condition, ConditionValue, Operator};
use pinpoint_iam::context::{Context, Value};
use pinpoint_iam::eval::Truth;
use pinpoint_iam::policy::{Effect, Version};
use serde::Deserialize;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Table {
    case: Vec<Case>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Case {
    name: String,
    rules: Vec<String>,
    why: String,
    #[serde(default)]
    version: LanguageVersion,
    operator: String,
    key: String,
    values: OneOrMany<Written>,
    #[serde(default)]
    context: BTreeMap<String, OneOrMany<Brought>>,
    #[serde(default)]
    unknown: Vec<String>,
    expect: Option<Expected>,
    because: Option<String>,
    error: Option<String>,
}

#[derive(Deserialize, Default)]
enum LanguageVersion {
    #[serde(rename = "2008-10-17")]
    Old,
    #[default]
    #[serde(rename = "2012-10-17")]
    Current,
}

#[derive(Deserialize)]
#[serde(untagged)]
enum OneOrMany<T> {
    One(T),
    Many(Vec<T>),
}

impl<T> OneOrMany<T> {
    fn as_slice(&self) -> &[T] {
        match self {
            Self::One(one) => std::slice::from_ref(one),
            Self::Many(many) => many,
        }
    }
}

/// A value in a policy: text, Boolean, or a number as written.
#[derive(Deserialize)]
#[serde(untagged)]
enum Written {
    Text(String),
    Bool(bool),
    Number { number: String },
}

/// A value in a request. Most are text. A typed value states its type.
#[derive(Deserialize)]
#[serde(untagged)]
enum Brought {
    Text(String),
    Bool(bool),
    Number(i64),
    Address { address: IpAddr },
    Time { seconds_since_1970: u64 },
}

#[derive(Deserialize, Clone, Copy, PartialEq, Eq, Debug)]
#[serde(untagged)]
enum Expected {
    Definite(bool),
    Other(Other),
}

#[derive(Deserialize, Clone, Copy, PartialEq, Eq, Debug)]
#[serde(rename_all = "lowercase")]
enum Other {
    Unknown,
    /// The condition is false in an `Allow` statement and true in a `Deny` statement.
    Undecidable,
}

impl Case {
    fn condition(&self) -> Result<Condition, String> {
        let values: Vec<ConditionValue> = self
            .values
            .as_slice()
            .iter()
            .map(|value| match value {
                Written::Text(text) => text.as_str().into(),
                Written::Bool(value) => (*value).into(),
                Written::Number { number } => ConditionValue::Number(number.clone()),
            })
            .collect();
        let version = match self.version {
            LanguageVersion::Old => Version::V2008_10_17,
            LanguageVersion::Current => Version::V2012_10_17,
        };
        let single = matches!(self.values, OneOrMany::One(_));
        Condition::parse(&self.operator, &self.key, &values, single, version)
            .map_err(|error| error.to_string())
    }

    fn facts(&self) -> Context {
        let mut context = Context::new();
        for (key, values) in &self.context {
            let value = |value: &Brought| match value {
                Brought::Text(text) => Value::from(text.as_str()),
                Brought::Bool(value) => Value::from(*value),
                Brought::Number(number) => Value::from(*number),
                Brought::Address { address } => Value::Address(*address),
                Brought::Time { seconds_since_1970 } => {
                    Value::from(SystemTime::UNIX_EPOCH + Duration::from_secs(*seconds_since_1970))
                }
            };
            match values {
                OneOrMany::One(one) => context.insert(key, value(one)),
                OneOrMany::Many(many) => context.insert_all(key, many.iter().map(value)),
            }
        }
        for key in &self.unknown {
            context.insert_unknown(key);
        }
        context
    }

    /// Returns the error in the results, if there is one.
    fn check(&self) -> Option<String> {
        let condition = match (self.condition(), &self.error) {
            (Err(error), Some(expected)) if error == *expected => return None,
            (Err(error), _) => return Some(format!("refused: {error}")),
            (Ok(_), Some(_)) => return Some("accepted".to_owned()),
            (Ok(condition), None) => condition,
        };
        let facts = self.facts();
        let [allow, deny] =
            [Effect::Allow, Effect::Deny].map(|effect| condition.evaluate(&facts, effect));
        let answer = match (allow.truth, deny.truth) {
            (Truth::True, Truth::True) => Expected::Definite(true),
            (Truth::False, Truth::False) => Expected::Definite(false),
            (Truth::Unknown, Truth::Unknown) => Expected::Other(Other::Unknown),
            (Truth::False, Truth::True) => Expected::Other(Other::Undecidable),
            other => return Some(format!("answers {other:?}")),
        };
        if Some(answer) != self.expect {
            return Some(format!("answers {answer:?}: {}", allow.reason));
        }
        match &self.because {
            Some(because) if *because != allow.reason.to_string() => {
                Some(format!("says: {}", allow.reason))
            }
            _ => None,
        }
    }
}

fn cases() -> Vec<Case> {
    let table: Table = toml::from_str(include_str!("../../conformance/conditions.toml")).unwrap();
    table.case
}

#[test]
fn every_case_gives_its_answer() {
    let failures: Vec<String> = cases()
        .iter()
        .filter_map(|case| Some(format!("{} ({}): {}", case.name, case.why, case.check()?)))
        .collect();
    assert!(failures.is_empty(), "{}", failures.join("\n"));
}

#[test]
fn every_case_has_a_name_of_its_own_and_one_expectation() {
    let mut names = BTreeSet::new();
    for case in cases() {
        assert!(names.insert(case.name.clone()), "two cases {}", case.name);
        assert!(!case.why.is_empty(), "{} has no reason", case.name);
        assert!(!case.rules.is_empty(), "{} shows no rule", case.name);
        assert_ne!(case.expect.is_some(), case.error.is_some(), "{}", case.name);
    }
}

#[test]
fn conditions_are_equal_when_they_are_written_the_same() {
    let parse = |operator, key, value: &str, single| {
        let values = [value.into()];
        Condition::parse(operator, key, &values, single, Version::V2012_10_17).unwrap()
    };
    let condition = parse("StringEquals", "aws:username", "ana", true);
    assert_eq!(
        condition,
        parse("StringEquals", "AWS:UserName", "ana", true)
    );
    assert_ne!(condition, parse("StringLike", "aws:username", "ana", true));
    assert_ne!(condition, parse("StringEquals", "aws:userid", "ana", true));
    assert_ne!(
        condition,
        parse("StringEquals", "aws:username", "bob", true)
    );
    assert_ne!(
        condition,
        parse("StringEquals", "aws:username", "ana", false)
    );
}

/// Each operator is tested with a value that matches, one that does not, an absent key and an unknown one, and with
/// rejected values and `IfExists` where they exist.
#[test]
fn every_operator_is_covered() {
    let mut covered: BTreeSet<(&str, &str)> = BTreeSet::new();
    for case in cases() {
        let Ok(operator) = Operator::parse(&case.operator) else {
            continue;
        };
        let name = operator.base().as_str();
        let absent = !case.context.contains_key(&case.key) && case.unknown.is_empty();
        match (operator.set(), operator.if_exists(), case.expect) {
            (Some(set), ..) => {
                covered.insert((set.as_str(), if absent { "absent" } else { "present" }));
            }
            (None, true, Some(Expected::Definite(true))) if absent => {
                covered.insert((name, "IfExists absent"));
            }
            (None, false, Some(Expected::Definite(_))) if absent => {
                covered.insert((name, "absent"));
            }
            (None, false, Some(Expected::Definite(true))) => {
                covered.insert((name, "holds"));
            }
            (None, false, Some(Expected::Definite(false))) => {
                covered.insert((name, "does not hold"));
            }
            (None, false, Some(Expected::Other(Other::Unknown))) => {
                covered.insert((name, "unknown"));
            }
            _ => {}
        }
    }
    let mut missing = Vec::new();
    for operator in BaseOperator::ALL {
        let if_exists = (*operator != BaseOperator::Null).then_some("IfExists absent");
        for kind in ["holds", "does not hold", "absent", "unknown"]
            .into_iter()
            .chain(if_exists)
        {
            if !covered.contains(&(operator.as_str(), kind)) {
                missing.push(format!("{}: {kind}", operator.as_str()));
            }
        }
    }
    for set in ["ForAllValues", "ForAnyValue"] {
        for kind in ["absent", "present"] {
            if !covered.contains(&(set, kind)) {
                missing.push(format!("{set}: {kind}"));
            }
        }
    }
    assert!(missing.is_empty(), "no case for {missing:#?}");
}
