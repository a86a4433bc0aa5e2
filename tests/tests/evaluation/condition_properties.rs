//! Properties of all conditions and all requests, tested with random ones.

#![expect(
    clippy::unwrap_used,
    reason = "a test fails by panicking, its helpers too"
)]

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use std::time::{Duration, SystemTime};

use pinpoint_iam::condition::{
    BaseOperator, Condition, ConditionValue, Finding, Operator, SetOperator, Undecidable,
};
use pinpoint_iam::context::{Context, Value};
use pinpoint_iam::eval::Truth;
use pinpoint_iam::policy::{Effect, Version};
use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::{select, subsequence};

/// The keys in random conditions and requests. `KEYS[0]` is the key of the condition; variables use the others.
const KEYS: [&str; 3] = ["x:key", "aws:username", "aws:ResourceTag/team"];
const EFFECTS: [Effect; 2] = [Effect::Allow, Effect::Deny];

/// Values that are valid for some family of operators, and some that are not valid for any.
const TEXTS: [&str; 31] = [
    "",
    "a",
    "A",
    "ab",
    "b",
    "*",
    "ä",
    "Ä",
    "${aws:username}",
    "true",
    "FALSE",
    "0",
    "1",
    "-1",
    "1.0",
    "10",
    "1e1",
    "1e99",
    "2020-01-01",
    "2020-01-01T01:00:00+01:00",
    "1577836800",
    "203.0.113.5",
    "203.0.113.77",
    "::1",
    "::ffff:203.0.113.5",
    "QmE=",
    "QmI=",
    "arn:aws:s3:::a",
    "arn:aws:s3:::b",
    "arn:aws:sns:us-east-1:1:a:b",
    "arn:aws",
];

fn written(operator: BaseOperator) -> &'static [&'static str] {
    use BaseOperator as Base;
    match operator {
        Base::StringEquals
        | Base::StringNotEquals
        | Base::StringEqualsIgnoreCase
        | Base::StringNotEqualsIgnoreCase
        | Base::StringLike
        | Base::StringNotLike => &[
            "",
            "a",
            "A",
            "ab",
            "*",
            "a*",
            "?",
            "ä",
            "true",
            "1",
            "${aws:username}",
            "${aws:ResourceTag/team}",
            "a${aws:ResourceTag/team}",
            "${aws:ResourceTag/team, 'a'}",
            "${*}",
            "${x:key}",
        ],
        Base::NumericEquals
        | Base::NumericNotEquals
        | Base::NumericLessThan
        | Base::NumericLessThanEquals
        | Base::NumericGreaterThan
        | Base::NumericGreaterThanEquals => &["0", "1", "-1.5", "1e1", "10.00", "1577836800"],
        Base::DateEquals
        | Base::DateNotEquals
        | Base::DateLessThan
        | Base::DateLessThanEquals
        | Base::DateGreaterThan
        | Base::DateGreaterThanEquals => &[
            "0",
            "2020-01-01",
            "2020-01-01T00:00:01Z",
            "-5",
            "1577836800",
        ],
        Base::Bool => &["true", "False", "${aws:username}"],
        Base::Null => &["true", "False"],
        Base::BinaryEquals => &["QmE=", "QmI=", ""],
        Base::IpAddress | Base::NotIpAddress => {
            &["203.0.113.5", "203.0.113.0/26", "0.0.0.0/0", "::/0", "::1"]
        }
        Base::ArnEquals | Base::ArnLike | Base::ArnNotEquals | Base::ArnNotLike => &[
            "*",
            "arn:aws:s3:::a",
            "arn:*:*:*:*:*",
            "arn:aws:s3:::${aws:username}",
            "arn:aws:sns:*:*:a*",
            "arn:aws:${aws:ResourceTag/team}:::${aws:username}",
        ],
    }
}

fn parse(operator: &str, key: &str, values: &[&str]) -> Condition {
    let values: Vec<ConditionValue> = values.iter().map(|&value| value.into()).collect();
    Condition::parse(operator, key, &values, false, Version::V2012_10_17).unwrap()
}

fn bases() -> impl Strategy<Value = BaseOperator> {
    select(BaseOperator::ALL)
}

fn name(set: &str, base: BaseOperator, if_exists: bool) -> String {
    let suffix = if if_exists { "IfExists" } else { "" };
    match base {
        BaseOperator::Null => base.as_str().to_owned(),
        _ => format!("{set}{}{suffix}", base.as_str()),
    }
}

prop_compose! {
    /// Returns an operator and values that it accepts.
    fn operator_and_values()(base in bases())(
        values in subsequence(written(base), 0..=written(base).len().min(3)),
        base in Just(base),
        set in select(&["", "ForAllValues:", "ForAnyValue:"][..]),
        if_exists in any::<bool>(),
    ) -> (String, Vec<&'static str>) {
        (name(set, base, if_exists), values)
    }
}

fn value() -> impl Strategy<Value = Value> {
    prop_oneof![
        8 => select(&TEXTS[..]).prop_map(Value::from),
        1 => any::<bool>().prop_map(Value::from),
        1 => (-2_i64..12).prop_map(Value::from),
        1 => Just(Value::from(SystemTime::UNIX_EPOCH + Duration::from_secs(1_577_836_800))),
        1 => select(&["203.0.113.5", "::1"][..]).prop_map(|it| Value::Address(it.parse().unwrap())),
    ]
}

/// A key is absent, or has zero, one or several values.
fn values_of_a_key() -> impl Strategy<Value = Option<Vec<Value>>> {
    prop_oneof![
        1 => Just(None),
        3 => value().prop_map(|value| Some(vec![value])),
        2 => vec(value(), 0..4).prop_map(Some),
    ]
}

fn facts(keys: &[Option<Vec<Value>>; 3], unknown: [bool; 3]) -> Context {
    let mut context = Context::new();
    for ((key, values), unknown) in KEYS.iter().zip(keys).zip(unknown) {
        match values {
            _ if unknown => context.insert_unknown(key),
            Some(values) => match values.as_slice() {
                [value] => context.insert(key, value.clone()),
                values => context.insert_all(key, values.iter().cloned()),
            },
            None => {}
        }
    }
    context
}

fn complete_facts() -> impl Strategy<Value = Context> {
    [values_of_a_key(), values_of_a_key(), values_of_a_key()]
        .prop_map(|keys| facts(&keys, [false; 3]))
}

fn truth(condition: &Condition, facts: &Context, effect: Effect) -> Truth {
    condition.evaluate(facts, effect).truth
}

fn one(value: Value) -> Context {
    let mut context = Context::new();
    context.insert(KEYS[0], value);
    context
}

/// Returns the negation of a positive operator, if there is one.
fn negation(base: BaseOperator) -> Option<&'static str> {
    use BaseOperator as Base;
    match base {
        Base::StringEquals => Some("StringNotEquals"),
        Base::StringEqualsIgnoreCase => Some("StringNotEqualsIgnoreCase"),
        Base::StringLike => Some("StringNotLike"),
        Base::NumericEquals => Some("NumericNotEquals"),
        Base::DateEquals => Some("DateNotEquals"),
        Base::IpAddress => Some("NotIpAddress"),
        Base::ArnEquals => Some("ArnNotEquals"),
        Base::ArnLike => Some("ArnNotLike"),
        _ => None,
    }
}

prop_compose! {
    /// Returns a positive operator with a negation, and values that it accepts.
    fn operator_and_negation()(
        (base, negation) in select(
            BaseOperator::ALL
                .iter()
                .filter_map(|base| Some((*base, negation(*base)?)))
                .collect::<Vec<_>>(),
        ),
    )(
        values in subsequence(written(base), 0..=written(base).len().min(3)),
        base in Just(base),
        negation in Just(negation),
    ) -> (&'static str, &'static str, Vec<&'static str>) {
        (base.as_str(), negation, values)
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 10_000, failure_persistence: None, ..ProptestConfig::default() })]

    /// The rule of three-valued logic: a definite result remains the same after all keys are known.
    #[test]
    fn a_definite_result_remains_when_all_keys_are_known(
        (operator, values) in operator_and_values(),
        keys in [values_of_a_key(), values_of_a_key(), values_of_a_key()],
        unknown in any::<[bool; 3]>(),
    ) {
        let condition = parse(&operator, KEYS[0], &values);
        let now = facts(&keys, unknown);
        let later = facts(&keys, [false; 3]);
        for effect in EFFECTS {
            let before = condition.evaluate(&now, effect);
            let after = truth(&condition, &later, effect);
            prop_assert_ne!(after, Truth::Unknown);
            if before.truth == Truth::Unknown {
                let Finding::Unknown(needed) = before.reason.finding() else {
                    return Err(TestCaseError::fail(before.reason.to_string()));
                };
                prop_assert!(condition.keys().any(|key| key == needed));
            } else {
                prop_assert_eq!(before.truth, after, "{}", before.reason);
            }
        }
    }

    /// The result depends only on the keys that the condition names.
    #[test]
    fn a_condition_names_the_keys_it_looks_at(
        (operator, values) in operator_and_values(),
        keys in [values_of_a_key(), values_of_a_key(), values_of_a_key()],
        others in [values_of_a_key(), values_of_a_key(), values_of_a_key()],
    ) {
        let condition = parse(&operator, KEYS[0], &values);
        let mut mixed = others;
        for (index, key) in KEYS.iter().enumerate() {
            if condition.keys().any(|named| named.as_str() == *key) {
                mixed[index] = keys[index].clone();
            }
        }
        for effect in EFFECTS {
            prop_assert_eq!(
                truth(&condition, &facts(&keys, [false; 3]), effect),
                truth(&condition, &facts(&mixed, [false; 3]), effect)
            );
        }
    }

    /// An undecidable condition counts against the request. Only then does the result depend on the effect, and only in
    /// this direction.
    #[test]
    fn a_condition_true_in_an_allow_is_true_in_a_deny(
        (operator, values) in operator_and_values(),
        facts in complete_facts(),
    ) {
        let condition = parse(&operator, KEYS[0], &values);
        let [allow, deny] = EFFECTS.map(|effect| condition.evaluate(&facts, effect));
        if allow.truth != deny.truth {
            prop_assert_eq!((allow.truth, deny.truth), (Truth::False, Truth::True));
            let undecided = matches!(
                allow.reason.finding(),
                Finding::Undecidable { .. } | Finding::Multivalued(_) | Finding::Valueless
            );
            prop_assert!(undecided, "{}", allow.reason);
        }
    }

    #[test]
    fn an_operator_and_its_negation_are_complementary_for_one_value(
        (positive, negative, values) in operator_and_negation(),
        value in value(),
        others in [values_of_a_key(), values_of_a_key()],
    ) {
        let [user, team] = others;
        let facts = facts(&[Some(vec![value]), user, team], [false; 3]);
        let (positive, negative) = (parse(positive, KEYS[0], &values), parse(negative, KEYS[0], &values));
        for effect in EFFECTS {
            let positive = positive.evaluate(&facts, effect);
            let negative = negative.evaluate(&facts, effect);
            match positive.reason.finding() {
                // A value that is not a number differs from all numbers. Other incomparable values count against the
                // request in both.
                Finding::Undecidable { why: Undecidable::NotANumber, .. } => {
                    prop_assert_eq!(negative.truth, Truth::True);
                }
                Finding::Undecidable { .. } => prop_assert_eq!(positive.truth, negative.truth),
                Finding::NotAnArn(_) => {
                    prop_assert_eq!((positive.truth, negative.truth), (Truth::False, Truth::False));
                }
                _ => prop_assert_eq!(positive.truth, negative.truth.negate()),
            }
        }
    }

    /// `ForAllValues:Op` is the opposite of `ForAnyValue:Not-Op` for a set that is not empty, for every `Op`.
    #[test]
    fn set_operators_are_dual(
        (positive, negative, mut values) in operator_and_negation(),
        set in vec(value(), 1..10),
        others in [values_of_a_key(), values_of_a_key()],
        swap in any::<bool>(),
    ) {
        // A variable for the key itself is replaced by one value and not by several.
        values.retain(|value| !value.contains(KEYS[0]));
        let [user, team] = others;
        let of = |set| facts(&[Some(set), user.clone(), team.clone()], [false; 3]);
        // For a value that cannot be compared, the negation is not the opposite.
        let set: Vec<Value> = set
            .into_iter()
            .filter(|value| {
                let single = of(vec![value.clone()]);
                let condition = parse(positive, KEYS[0], &values);
                let finding = condition.evaluate(&single, Effect::Allow).reason.finding();
                !matches!(finding, Finding::Undecidable { .. } | Finding::NotAnArn(_))
            })
            .collect();
        let is_null = set.iter().all(Value::is_null);
        let (every, any) = if swap { (negative, positive) } else { (positive, negative) };
        let every = parse(&format!("ForAllValues:{every}"), KEYS[0], &values);
        let any = parse(&format!("ForAnyValue:{any}"), KEYS[0], &values);
        let facts = of(set);
        for effect in EFFECTS {
            let expected = if is_null { Truth::False } else { truth(&every, &facts, effect).negate() };
            prop_assert_eq!(truth(&any, &facts, effect), expected);
        }
    }

    /// Set operators quantify over single values, as their names state.
    #[test]
    fn set_operators_quantify_over_single_values(
        base in bases(),
        pick in any::<proptest::sample::Index>(),
        set in vec(select(&TEXTS[1..]), 1..4),
    ) {
        let written = [*pick.get(written(base))];
        // A variable for the key itself is replaced by one value here, but is multivalued there.
        prop_assume!(base != BaseOperator::Null && !written[0].contains(KEYS[0]));
        let mut facts = Context::new();
        facts.insert_all(KEYS[0], set.iter().copied());
        for effect in EFFECTS {
            let singly = |text: &&str| {
                truth(&parse(base.as_str(), KEYS[0], &written), &one((*text).into()), effect) == Truth::True
            };
            let quantified = |quantifier: SetOperator| {
                let operator = format!("{}:{}", quantifier.as_str(), base.as_str());
                truth(&parse(&operator, KEYS[0], &written), &facts, effect)
            };
            prop_assert_eq!(quantified(SetOperator::ForAllValues), set.iter().all(singly).into());
            prop_assert_eq!(quantified(SetOperator::ForAnyValue), set.iter().any(singly).into());
        }
    }

    /// A positive operator is the OR of its values and a negated one the AND. Order and repetition do not matter.
    #[test]
    fn values_are_alternatives(
        base in bases(),
        picks in vec(any::<proptest::sample::Index>(), 1..4),
        facts in complete_facts(),
    ) {
        prop_assume!(base != BaseOperator::Bool);
        let values: Vec<&str> = picks.iter().map(|pick| *pick.get(written(base))).collect();
        let together = parse(base.as_str(), KEYS[0], &values);
        let mut reversed = values.clone();
        reversed.reverse();
        let reversed = parse(base.as_str(), KEYS[0], &reversed);
        for effect in EFFECTS {
            let each: Vec<Truth> = values
                .iter()
                .map(|value| truth(&parse(base.as_str(), KEYS[0], &[value]), &facts, effect))
                .collect();
            let combined = if base.is_negated() {
                each.into_iter().fold(Truth::True, Truth::and)
            } else {
                each.into_iter().fold(Truth::False, Truth::or)
            };
            prop_assert_eq!(truth(&together, &facts, effect), combined);
            prop_assert_eq!(truth(&reversed, &facts, effect), combined);
        }
    }

    #[test]
    fn if_exists_only_matters_for_a_key_without_values(
        base in bases(),
        pick in any::<proptest::sample::Index>(),
        facts in complete_facts(),
    ) {
        prop_assume!(base != BaseOperator::Null);
        let values = [*pick.get(written(base))];
        let plain = parse(base.as_str(), KEYS[0], &values);
        let if_exists = parse(&name("", base, true), KEYS[0], &values);
        for effect in EFFECTS {
            let answer = if_exists.evaluate(&facts, effect);
            match answer.reason.finding() {
                Finding::Absent => prop_assert_eq!(answer.truth, Truth::True),
                Finding::Valueless => {}
                _ => prop_assert_eq!(answer.truth, truth(&plain, &facts, effect)),
            }
        }
    }

    #[test]
    fn the_case_of_a_key_does_not_matter(
        (operator, values) in operator_and_values(),
        facts in complete_facts(),
    ) {
        let lower = parse(&operator, KEYS[0], &values);
        let upper = parse(&operator, &KEYS[0].to_uppercase(), &values);
        for effect in EFFECTS {
            prop_assert_eq!(truth(&lower, &facts, effect), truth(&upper, &facts, effect));
        }
    }

    /// A typed value has the same meaning as its text.
    #[test]
    fn a_value_means_the_same_as_its_text(
        (operator, values) in operator_and_values(),
        value in prop_oneof![
            any::<bool>().prop_map(Value::from),
            (0..i64::MAX).prop_map(Value::from),
            (0_i64..3).prop_map(Value::from),
            any::<Ipv4Addr>().prop_map(Value::from),
            any::<Ipv6Addr>().prop_map(|it| Value::Address(IpAddr::V6(it))),
            (0_u64..4_000_000_000, 0_u32..1_000_000_000)
                .prop_map(|(seconds, nanos)| Value::from(SystemTime::UNIX_EPOCH + Duration::new(seconds, nanos))),
        ],
    ) {
        let condition = parse(&operator, KEYS[0], &values);
        let text = one(value.text().into_owned().into());
        for effect in EFFECTS {
            prop_assert_eq!(truth(&condition, &one(value.clone()), effect), truth(&condition, &text, effect));
        }
    }

    /// Decimal numbers compare like integers in units of the last digit.
    #[test]
    fn numbers_compare_as_numbers(
        left in -1_000_000_i128..1_000_000,
        right in -1_000_000_i128..1_000_000,
        left_scale in 0_u32..12,
        right_scale in 0_u32..12,
    ) {
        let expected = (left * 10_i128.pow(right_scale)).cmp(&(right * 10_i128.pow(left_scale)));
        let facts = one(format!("{left}e-{left_scale}").into());
        let right = format!("{right}E-{right_scale}");
        for (operator, holds) in [
            ("NumericEquals", expected.is_eq()),
            ("NumericNotEquals", expected.is_ne()),
            ("NumericLessThan", expected.is_lt()),
            ("NumericLessThanEquals", expected.is_le()),
            ("NumericGreaterThan", expected.is_gt()),
            ("NumericGreaterThanEquals", expected.is_ge()),
        ] {
            let condition = parse(operator, KEYS[0], &[&right]);
            prop_assert_eq!(truth(&condition, &facts, Effect::Allow), holds.into(), "{}", operator);
        }
    }

    /// Large numbers are also compared correctly. Here, their texts are padded to the same length and compared.
    #[test]
    fn long_numbers_compare_digit_by_digit(left in "[1-9][0-9]{0,27}", right in "[1-9][0-9]{0,27}") {
        let expected = format!("{left:0>28}").cmp(&format!("{right:0>28}"));
        let facts = one(left.into());
        let less = parse("NumericLessThan", KEYS[0], &[&right]);
        let equal = parse("NumericEquals", KEYS[0], &[&right]);
        prop_assert_eq!(truth(&less, &facts, Effect::Allow), expected.is_lt().into());
        prop_assert_eq!(truth(&equal, &facts, Effect::Allow), expected.is_eq().into());
    }

    /// Neither a policy nor a request can cause a panic, and every explanation is one line.
    #[test]
    fn no_input_panics(
        operator in prop_oneof![
            4 => operator_and_values().prop_map(|(operator, _)| operator),
            1 => any::<String>(),
        ],
        key in prop_oneof![4 => Just(KEYS[0].to_owned()), 1 => any::<String>()],
        values in vec(
            prop_oneof![
                2 => any::<String>().prop_map(ConditionValue::Text),
                2 => select(&TEXTS[..]).prop_map(ConditionValue::from),
                1 => "[-0-9.eETZ:/${}a,' *?]{0,40}".prop_map(ConditionValue::Text),
                1 => "[-0-9.eE+]{0,40}".prop_map(ConditionValue::Number),
                1 => any::<bool>().prop_map(ConditionValue::Bool),
            ],
            0..3,
        ),
        brought in vec(prop_oneof![any::<String>(), "[-0-9.eETZ:/${}a,' *?]{0,40}"], 0..3),
        variable in any::<String>(),
        old in any::<bool>(),
    ) {
        let version = if old { Version::V2008_10_17 } else { Version::V2012_10_17 };
        let condition = match Condition::parse(&operator, &key, &values, false, version) {
            Ok(condition) => condition,
            Err(error) => {
                prop_assert!(!error.to_string().contains(char::is_control));
                return Ok(());
            }
        };
        let mut context = Context::new();
        context.insert_all(&key, brought);
        context.insert("a", variable);
        for effect in EFFECTS {
            let outcome = condition.evaluate(&context, effect);
            prop_assert_ne!(outcome.truth, Truth::Unknown);
            prop_assert!(!outcome.reason.to_string().contains(char::is_control));
        }
    }
}

/// Random values rarely suit random operators. The properties above rely on values that do.
#[test]
fn random_conditions_are_accepted_by_their_operators() {
    for base in BaseOperator::ALL {
        parse(base.as_str(), KEYS[0], written(*base));
        assert!(Operator::parse(base.as_str()).is_ok());
    }
}
