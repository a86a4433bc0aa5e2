//! The matcher agrees with a slow one that is obviously correct.

#![expect(
    clippy::indexing_slicing,
    clippy::unwrap_used,
    reason = "tests fail by panicking, also in the functions that they share"
)]
use pinpoint_iam::context::Context;
use pinpoint_iam::pattern::{Case, Match, Pattern, Syntax};
use proptest::prelude::*;

const SYNTAX: Syntax = Syntax {
    wildcards: true,
    variables: true,
};

fn matches(pattern: &str, value: &str, case: Case) -> bool {
    let pattern = Pattern::parse(pattern, SYNTAX).unwrap();
    pattern.matches(value, case, &Context::new()) == Match::Yes
}

/// Fills the table of "the first m characters of the pattern match the first n of the value", row by row.
fn table_matches(pattern: &str, value: &str) -> bool {
    let value: Vec<char> = value.chars().collect();
    let mut row = vec![false; value.len() + 1];
    row[0] = true;
    for wanted in pattern.chars() {
        let mut next = vec![false; value.len() + 1];
        next[0] = row[0] && wanted == '*';
        for (index, character) in value.iter().enumerate() {
            next[index + 1] = match wanted {
                '*' => row[index + 1] || next[index],
                '?' => row[index],
                _ => row[index] && wanted == *character,
            };
        }
        row = next;
    }
    row[value.len()]
}

proptest! {
    #![proptest_config(ProptestConfig {
        cases: 2_000,
        failure_persistence: None,
        ..ProptestConfig::default()
    })]

    #[test]
    fn the_matcher_equals_the_table(pattern in "[abü*?]{0,12}", value in "[abü*?]{0,14}") {
        prop_assert_eq!(matches(&pattern, &value, Case::Sensitive), table_matches(&pattern, &value));
    }

    #[test]
    fn case_is_ignored_by_folding_both(pattern in "[abAB*?]{0,10}", value in "[abAB]{0,12}") {
        let expected = table_matches(&pattern.to_ascii_lowercase(), &value.to_ascii_lowercase());
        prop_assert_eq!(matches(&pattern, &value, Case::IgnoreAscii), expected);
        prop_assert_eq!(matches(&pattern, &value, Case::Ignore), expected);
    }

    #[test]
    fn what_fills_a_variable_is_escaped_text(
        before in "[ab*?]{0,4}",
        filled in "[ab*?${}]{1,4}",
        after in "[ab*?]{0,4}",
        value in "[ab*?${}]{0,9}",
    ) {
        let mut facts = Context::new();
        facts.insert("k", filled.as_str());
        let pattern = Pattern::parse(&format!("{before}${{k}}{after}"), SYNTAX).unwrap();
        let escaped: String = filled
            .chars()
            .map(|character| match character {
                '*' | '?' | '$' => format!("${{{character}}}"),
                other => other.to_string(),
            })
            .collect();
        let found = pattern.matches(&value, Case::Sensitive, &facts) == Match::Yes;
        prop_assert_eq!(found, matches(&format!("{before}{escaped}{after}"), &value, Case::Sensitive));
    }

    #[test]
    fn a_text_without_wildcards_matches_itself(text in any::<String>()) {
        let plain = Syntax { wildcards: false, variables: false };
        let pattern = Pattern::parse(&text, plain).unwrap();
        let other = format!("{text}x");
        for case in [Case::Sensitive, Case::IgnoreAscii, Case::Ignore] {
            prop_assert_eq!(pattern.matches(&text, case, &Context::new()), Match::Yes);
            prop_assert_eq!(pattern.matches(&other, case, &Context::new()), Match::No);
        }
    }

    #[test]
    fn no_pattern_makes_parsing_panic(text in any::<String>(), holes in "[${}'*?, a]{0,12}") {
        for text in [text, holes] {
            if let Err(error) = Pattern::parse(&text, SYNTAX) {
                prop_assert!(text.is_char_boundary(error.offset()));
            }
        }
    }
}

/// A matcher that tries every split would need more steps than there are atoms, and never end.
#[test]
fn hostile_patterns_end() {
    let value = "a".repeat(500);
    for piece in ["a*", "*a", "a?*", "*aa?a"] {
        let stars = piece.repeat(500 / piece.len());
        for case in [Case::Sensitive, Case::IgnoreAscii, Case::Ignore] {
            assert!(!matches(&format!("{stars}b"), &value, case));
            assert!(!matches(&format!("b{stars}"), &value, case));
            assert!(!matches(&format!("*{stars}*b*"), &value, case));
        }
    }
}
