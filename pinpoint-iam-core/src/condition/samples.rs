//! Sample values that represent all values of a condition key, for the comparison of policies.

use super::matcher::Matcher;
use super::{Condition, binary, date, ip_address, numeric};
use crate::pattern::Case;
use crate::pattern::classes::{Atom, Unfilled, literal};

/// The type of a condition key's values, as far as the operator determines it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Family {
    /// Strings.
    Texts,
    /// Amazon Resource Names.
    Arns,
    /// Numbers.
    Numbers,
    /// Points in time.
    Dates,
    /// IP addresses.
    Addresses,
    /// `true` and `false`.
    Booleans,
    /// Bytes in base64.
    Binaries,
    /// Any type: `Null` tests only whether the key is present.
    Any,
}

impl Condition {
    /// The type of the values of the condition's key.
    pub const fn family(&self) -> Family {
        match &self.comparison {
            Matcher::Text(_) => Family::Texts,
            Matcher::Arn(_) => Family::Arns,
            Matcher::Number(_) => Family::Numbers,
            Matcher::Date(_) => Family::Dates,
            Matcher::Address(_) => Family::Addresses,
            Matcher::Boolean(_) => Family::Booleans,
            Matcher::Binary(_) => Family::Binaries,
            Matcher::Null(_) => Family::Any,
        }
    }

    /// The values as patterns that distinguish strings; empty if the operator does not compare strings.
    pub fn text_patterns(&self) -> Vec<Vec<Unfilled<'_>>> {
        self.text_alternatives().into_iter().flatten().collect()
    }

    /// The values as patterns that distinguish strings, in lists of alternatives: the result depends on the lists in
    /// which a pattern matches, not on the pattern.
    pub fn text_alternatives(&self) -> Vec<Vec<Vec<Unfilled<'_>>>> {
        match &self.comparison {
            Matcher::Text(texts) => texts.unfilled(),
            Matcher::Arn(arns) => vec![arns.unfilled()],
            Matcher::Boolean(_) => ["true", "false"]
                .iter()
                .map(|word| vec![pieces(literal(word, Case::IgnoreAscii))])
                .collect(),
            Matcher::Binary(_) => self
                .values
                .iter()
                .map(|value| vec![pieces(literal(value.text(), Case::Sensitive))])
                .collect(),
            Matcher::Number(_) | Matcher::Date(_) | Matcher::Address(_) | Matcher::Null(_) => {
                Vec::new()
            }
        }
    }

    /// Whether letters outside ASCII may be compared without regard to case. String patterns cover only some of these
    /// letters.
    pub fn folds_foreign_letters(&self) -> bool {
        match &self.comparison {
            Matcher::Text(texts) => texts.folds_foreign_letters(),
            _ => false,
        }
    }

    /// Sample values that represent all values of a key with these conditions, if all conditions have the same family,
    /// and it has an order or a list of values. Returns nothing for strings.
    pub fn samples(conditions: &[&Self], family: Family) -> Vec<String> {
        let comparisons = || conditions.iter().map(|condition| &condition.comparison);
        match family {
            Family::Numbers => {
                numeric::samples(comparisons().filter_map(|comparison| match comparison {
                    Matcher::Number(numbers) => Some(numbers),
                    _ => None,
                }))
            }
            Family::Dates => Self::instants(conditions)
                .into_iter()
                .map(|(text, _)| text)
                .collect(),
            Family::Addresses => {
                ip_address::samples(comparisons().filter_map(|comparison| match comparison {
                    Matcher::Address(ranges) => Some(ranges),
                    _ => None,
                }))
            }
            Family::Binaries => {
                binary::samples(comparisons().filter_map(|comparison| match comparison {
                    Matcher::Binary(binaries) => Some(binaries),
                    _ => None,
                }))
            }
            Family::Booleans => vec!["true".to_owned(), "false".to_owned()],
            Family::Any => vec!["x".to_owned(), String::new()],
            Family::Texts | Family::Arns => Vec::new(),
        }
    }
}

impl Condition {
    /// Sample points in time that represent all others, each as a date and, if it is a whole second, as seconds since
    /// 1970.
    pub fn instants(conditions: &[&Self]) -> Vec<(String, Option<i128>)> {
        let dates = conditions
            .iter()
            .filter_map(|condition| match &condition.comparison {
                Matcher::Date(dates) => Some(dates),
                _ => None,
            });
        let instants = date::samples(dates).into_iter();
        instants
            .map(|instant| (instant.to_string(), instant.whole_seconds()))
            .collect()
    }
}

fn pieces(atoms: impl Iterator<Item = Atom>) -> Vec<Unfilled<'static>> {
    atoms.map(Unfilled::Atom).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::condition::ConditionValue;
    use crate::context::Context;
    use crate::effect::Effect;
    use crate::version::Version;
    use std::collections::BTreeSet;

    fn conditions(written: &[(&str, &[&str])]) -> Vec<Condition> {
        let condition = |(operator, values): &(&str, &[&str])| {
            let values: Vec<ConditionValue> = values.iter().map(|value| (*value).into()).collect();
            Condition::parse(operator, "key", &values, false, Version::V2012_10_17).unwrap()
        };
        written.iter().map(condition).collect()
    }

    fn class(conditions: &[Condition], value: &str) -> Vec<bool> {
        let mut context = Context::new();
        context.insert("key", value);
        let holds = |condition: &Condition| {
            condition.evaluate(&context, Effect::Allow).truth == crate::truth::Truth::True
        };
        conditions.iter().map(holds).collect()
    }

    /// Checks that each of `values` belongs to the class of a sample.
    fn assert_complete(family: Family, written: &[(&str, &[&str])], values: &[&str]) {
        let conditions = conditions(written);
        assert!(
            conditions
                .iter()
                .all(|condition| condition.family() == family)
        );
        let samples = Condition::samples(&conditions.iter().collect::<Vec<_>>(), family);
        let classes: BTreeSet<Vec<bool>> = samples
            .iter()
            .map(|sample| class(&conditions, sample))
            .collect();
        for value in values {
            assert!(
                classes.contains(&class(&conditions, value)),
                "{value}: {samples:?}"
            );
        }
    }

    /// The Kelvin sign equals `k` by Unicode's rules only, so that the result is a third one.
    #[test]
    fn each_way_of_comparing_letters_has_its_alternatives() {
        let conditions = conditions(&[
            ("StringEqualsIgnoreCase", &["k", "b"]),
            ("StringLike", &["k*", "b"]),
            ("Bool", &["true"]),
        ]);
        let counts: Vec<Vec<usize>> = conditions
            .iter()
            .map(|condition| {
                let lists = condition.text_alternatives();
                lists.iter().map(Vec::len).collect()
            })
            .collect();
        assert_eq!(counts, [vec![2, 2], vec![2], vec![1, 1]]);
    }

    #[test]
    fn samples_of_what_has_an_order() {
        assert_complete(
            Family::Numbers,
            &[
                ("NumericLessThan", &["5"]),
                ("NumericGreaterThanEquals", &["5.5", "-2"]),
                ("NumericNotEquals", &["6"]),
                ("NumericLessThanEquals", &["7"]),
            ],
            &[
                "-3", "-2", "0", "4.9", "5", "5.2", "5.5", "5.7", "6", "6.5", "7", "8",
            ],
        );
        assert_complete(
            Family::Dates,
            &[
                ("DateLessThan", &["2026-01-01T00:00:00Z"]),
                ("DateGreaterThan", &["2026-01-01T00:00:01Z"]),
                ("DateNotEquals", &["2026-03-01"]),
            ],
            &[
                "2025-01-01",
                "2026-01-01",
                "2026-01-01T00:00:00.5Z",
                "2026-01-01T00:00:01Z",
                "2026-02-01",
                "2026-03-01",
                "2027-01-01",
            ],
        );
        assert_complete(
            Family::Addresses,
            &[
                ("IpAddress", &["10.0.0.0/8", "2001:db8::/32"]),
                (
                    "NotIpAddress",
                    &["10.1.0.0/16", "10.1.2.3", "2001:db8:1::/48"],
                ),
                ("IpAddress", &["0.0.0.0/1"]),
                ("IpAddress", &["::/0"]),
            ],
            &[
                "0.0.0.0",
                "10.0.0.1",
                "10.1.0.1",
                "10.1.2.3",
                "11.0.0.1",
                "127.255.255.255",
                "128.0.0.0",
                "255.255.255.255",
                "::",
                "2001:db8::1",
                "2001:db8:1::1",
                "2001:db9::",
                "ffff::",
            ],
        );
        assert_complete(
            Family::Binaries,
            &[
                ("BinaryEquals", &["QQ==", "QUI="]),
                ("BinaryEquals", &["QQ=="]),
            ],
            &["QQ==", "QUI=", "QUJD", ""],
        );
    }
}
