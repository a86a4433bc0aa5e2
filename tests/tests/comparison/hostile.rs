//! Policies that are constructed to be hard to compare. The comparison ends, and never reports more than it has
//! determined.

use std::fmt::Write;

use allocation_counter::measure;
use pinpoint_iam_compare::{Comparer, Comparison, Verdict};
use pinpoint_iam_test_policies::comparison::{assert_confirmed, set};

fn document(statements: &[String]) -> String {
    format!(
        r#"{{"Version": "2012-10-17", "Statement": [{}]}}"#,
        statements.join(", ")
    )
}

fn allow(members: &str) -> String {
    format!(r#"{{"Effect": "Allow", {members}}}"#)
}

/// Returns two documents with many statements, each derived from a number.
fn pair(
    count: usize,
    first: impl Fn(usize) -> String,
    second: impl Fn(usize) -> String,
) -> [String; 2] {
    let all = |statement: &dyn Fn(usize) -> String| {
        let statements: Vec<String> = (0..count).map(statement).collect();
        document(&statements)
    };
    [all(&first), all(&second)]
}

fn letter(number: usize) -> char {
    char::from(b'a' + u8::try_from(number % 26).unwrap())
}

/// Returns all pairs, and whether a difference is found nevertheless.
fn pairs() -> Vec<(&'static str, [String; 2])> {
    let starred = |number: usize| {
        format!(
            "*{}*{}*",
            letter(number),
            letter(number).to_ascii_uppercase()
        )
    };
    vec![
        (
            "resources with many stars",
            pair(
                16,
                |number| {
                    allow(&format!(
                        r#""Action": "*", "Resource": "arn:aws:s3:::{}""#,
                        starred(number)
                    ))
                },
                |number| {
                    allow(&format!(
                        r#""Action": "*", "Resource": "arn:aws:s3:::{}x""#,
                        starred(number)
                    ))
                },
            ),
        ),
        (
            "actions with many stars",
            pair(
                16,
                |number| {
                    allow(&format!(
                        r#""Action": "s3:{}", "Resource": "*""#,
                        starred(number)
                    ))
                },
                |number| {
                    allow(&format!(
                        r#""Action": "s3:{}z", "Resource": "*""#,
                        starred(number)
                    ))
                },
            ),
        ),
        (
            "values with many stars",
            pair(
                16,
                |number| {
                    allow(&format!(
                        r#""Action": "*", "Resource": "*", "Condition": {{"StringLike": {{"app:k": "{}"}}}}"#,
                        starred(number)
                    ))
                },
                |number| {
                    allow(&format!(
                        r#""Action": "*", "Resource": "*", "Condition": {{"StringLike": {{"app:k": "{}y"}}}}"#,
                        starred(number)
                    ))
                },
            ),
        ),
        (
            "callers with many stars",
            pair(
                16,
                |number| {
                    allow(&format!(
                        r#""Principal": "*", "Action": "*", "Resource": "*", "Condition": {{"StringLike": {{"aws:PrincipalArn": "{}"}}}}"#,
                        starred(number)
                    ))
                },
                |number| {
                    allow(&format!(
                        r#""Principal": "*", "Action": "*", "Resource": "*", "Condition": {{"StringLike": {{"aws:PrincipalArn": "{}y"}}}}"#,
                        starred(number)
                    ))
                },
            ),
        ),
        (
            "keys that have nothing to do with each other",
            pair(
                60,
                |number| deny_two_keys(number, number),
                |number| deny_two_keys(number, number + 1),
            ),
        ),
        (
            "many variables",
            pair(
                30,
                |number| {
                    allow(&format!(
                        r#""Action": "*", "Resource": "arn:aws:s3:::${{aws:PrincipalTag/t{number}}}/*""#
                    ))
                },
                |number| {
                    allow(&format!(
                        r#""Action": "*", "Resource": "arn:aws:s3:::x/${{aws:PrincipalTag/t{number}}}/*""#
                    ))
                },
            ),
        ),
        (
            "many sets",
            pair(
                20,
                |number| {
                    allow(&format!(
                        r#""Action": "*", "Resource": "*", "Condition": {{"ForAnyValue:StringEquals": {{"aws:TagKeys": "t{number}"}}}}"#
                    ))
                },
                |number| {
                    allow(&format!(
                        r#""Action": "*", "Resource": "*", "Condition": {{"ForAllValues:StringEquals": {{"aws:TagKeys": ["t{number}", "u"]}}}}"#
                    ))
                },
            ),
        ),
        ("long lists", {
            let list = |odd: usize| {
                let mut texts = String::new();
                for number in 0..200 {
                    let joint = if number == 0 { "" } else { ", " };
                    write!(texts, r#"{joint}"arn:aws:s3:::*{}""#, number * 7919 + odd).unwrap();
                }
                document(&[allow(&format!(r#""Action": "*", "Resource": [{texts}]"#))])
            };
            [list(0), list(1)]
        }),
        ("hundreds of conditions", {
            let conditions = |value: &str| {
                let keys: Vec<String> = (0..300)
                    .map(|number| format!(r#""app:k{number}": "{value}""#))
                    .collect();
                document(&[allow(&format!(
                    r#""Action": "*", "Resource": "*", "Condition": {{"StringEquals": {{{}}}}}"#,
                    keys.join(", ")
                ))])
            };
            [conditions("v"), conditions("w")]
        }),
    ]
}

fn deny_two_keys(left: usize, right: usize) -> String {
    format!(
        r#"{{"Effect": "Deny", "Action": "*", "Resource": "*", "Condition": {{"StringEquals": {{"app:j{left}": "v", "app:k{right}": "v"}}}}}},
           {{"Effect": "Allow", "Action": "*", "Resource": "*"}}"#
    )
}

/// The maximum number of steps between two looks at the budget.
const LARGEST_STEP: usize = 5_000_000;

#[test]
fn hostile_pairs_end_and_claim_nothing_that_was_not_found_out() {
    let (mut undecided, mut most_steps) = (0, 0);
    for (name, [first, second]) in pairs() {
        let [first_set, second_set] = [set("first", &first), set("second", &second)];
        let mut compared = None;
        let memory = measure(|| {
            compared = Some(Comparer::new().compare(&first_set, &second_set));
        });
        let comparison = compared.unwrap();
        assert_confirmed(&comparison);
        most_steps = most_steps.max(comparison.steps);
        // What exhausts the budget may be one pattern of several thousand characters.
        assert!(
            comparison.steps <= Comparison::MOST_STEPS + LARGEST_STEP,
            "{name}: {}",
            comparison.steps
        );
        assert!(
            memory.bytes_max < 200_000_000,
            "{name}: {}",
            memory.bytes_max
        );
        // All of these pairs differ. `Equal` would mean that an exhausted budget was not reported.
        assert_ne!(comparison.verdict(), Verdict::Equal, "{name}");
        if comparison.verdict() == Verdict::Undecided {
            undecided += 1;
            assert!(!comparison.undecided.is_empty(), "{name}");
        }
        let same = Comparer::new().compare(&set("first", &first), &set("second", &first));
        assert_eq!(same.verdict(), Verdict::Equal, "{name}");
    }
    assert!(undecided > 0, "no pair is undecided");
    assert!(
        most_steps > Comparison::MOST_STEPS,
        "no pair reaches the budget: {most_steps}"
    );
}
