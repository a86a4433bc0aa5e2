//! The numeric operators: exact decimal numbers.
//!
//! A number has the form `-?digits(.digits)?`, with an optional exponent: `10`, `-0.75`, `1e3`. `10` equals `10.0`, and
//! digits that a floating-point number would lose are compared. A `+` sign, blanks, `.5` and `5.` are not accepted.
//!
//! A number has at most 28 decimal places and 96 bits of significant digits. A number that does not fit is rejected in
//! a policy and undecidable in a request. A string in a request that is not a number equals no number, so
//! `NumericNotEquals` holds for it; with the other operators it is undecidable.

use rust_decimal::Decimal;

use super::error::ConditionError;
use super::operator::Relation;
use super::value::ConditionValue;
use super::value_match::{Undecidable, ValueMatch};
use crate::context::Value;

/// The numbers in the policy, with which values of the request are compared.
#[derive(Clone, Debug)]
pub(super) struct NumericMatcher {
    relation: Relation,
    numbers: Box<[Decimal]>,
}

impl NumericMatcher {
    pub(super) fn parse(
        relation: Relation,
        values: &[ConditionValue],
    ) -> Result<Self, ConditionError> {
        let numbers = ConditionError::each(values, |value| {
            let error = match value {
                ConditionValue::Text(text) | ConditionValue::Number(text) => match parse(text) {
                    Ok(number) => return Ok(number),
                    Err(error) => error,
                },
                ConditionValue::Bool(_) => InvalidNumber::Malformed,
            };
            let hint = match error {
                InvalidNumber::Malformed => "write a number such as `10`, `-0.75` or `1e3`",
                InvalidNumber::Inexact => {
                    "numbers have at most 28 significant digits and 28 decimal places"
                }
            };
            Err((format!("{value} {error}"), hint))
        })?;
        Ok(Self { relation, numbers })
    }

    pub(super) fn parts(&self) -> (Relation, &[Decimal]) {
        (self.relation, &self.numbers)
    }

    pub(super) fn matches(&self, value: &Value) -> ValueMatch<'static> {
        let number = match value {
            Value::Number(number) => Decimal::from(*number),
            Value::Text(text) => match parse(text) {
                Ok(number) => number,
                Err(InvalidNumber::Malformed) => {
                    return ValueMatch::Undecidable(Undecidable::NotANumber);
                }
                Err(InvalidNumber::Inexact) => {
                    return ValueMatch::Undecidable(Undecidable::InexactNumber);
                }
            },
            _ => return ValueMatch::Undecidable(Undecidable::NotANumber),
        };
        ValueMatch::first(&self.numbers, |known| {
            self.relation.holds(number.cmp(known))
        })
    }
}

/// Sample numbers that represent all others: each number in the policies, one between each two, one below all and one
/// above all.
pub(super) fn samples<'a>(all: impl Iterator<Item = &'a NumericMatcher>) -> Vec<String> {
    let mut numbers: Vec<Decimal> = all
        .flat_map(|numbers| numbers.numbers.iter().copied())
        .collect();
    numbers.sort_unstable();
    numbers.dedup();
    let before = numbers
        .first()
        .and_then(|first| first.checked_sub(Decimal::ONE));
    let behind = numbers
        .last()
        .and_then(|last| last.checked_add(Decimal::ONE));
    let between = numbers.windows(2).filter_map(|pair| match pair {
        [left, right] => between(*left, *right),
        _ => None,
    });
    let others: Vec<Decimal> = between.chain(before).chain(behind).collect();
    let all = numbers.into_iter().chain(others);
    all.map(|number| number.normalize().to_string()).collect()
}

/// A number between two others, an integer if possible.
fn between(left: Decimal, right: Decimal) -> Option<Decimal> {
    let whole = left.floor().checked_add(Decimal::ONE)?;
    if whole < right {
        return Some(whole);
    }
    let half = right.checked_sub(left)?.checked_div(Decimal::TWO)?;
    let middle = left.checked_add(half)?;
    (left < middle && middle < right).then_some(middle)
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum InvalidNumber {
    Malformed,
    Inexact,
}

impl std::fmt::Display for InvalidNumber {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.write_str(match self {
            Self::Malformed => "is not a number",
            Self::Inexact => "is too large or too precise a number",
        })
    }
}

/// Parses a number without rounding. The decimal crate's own parsers round numbers that do not fit, or do not support
/// exponents.
pub(super) fn parse(text: &str) -> Result<Decimal, InvalidNumber> {
    let (negative, unsigned) = match text.strip_prefix('-') {
        Some(unsigned) => (true, unsigned),
        None => (false, text),
    };
    let (number, exponent) = match unsigned.split_once(['e', 'E']) {
        Some((number, exponent)) => (number, parse_exponent(exponent)?),
        None => (unsigned, 0),
    };
    let (whole, fraction) = match number.split_once('.') {
        Some((whole, fraction)) => (whole, digits(fraction)?),
        None => (number, ""),
    };
    let whole = digits(whole)?;

    // Trailing zeros are deferred: they only count if another digit follows.
    let mut mantissa: u128 = 0;
    let mut zeros: u32 = 0;
    for digit in whole.chars().chain(fraction.chars()) {
        let digit = u128::from(digit.to_digit(10).ok_or(InvalidNumber::Malformed)?);
        if digit == 0 {
            zeros = zeros.saturating_add(u32::from(mantissa != 0));
            continue;
        }
        mantissa = scale_up(mantissa, zeros.saturating_add(1))?
            .checked_add(digit)
            .ok_or(InvalidNumber::Inexact)?;
        zeros = 0;
    }
    if mantissa == 0 {
        return Ok(Decimal::ZERO);
    }
    let places = i64::try_from(fraction.len()).map_err(|_| InvalidNumber::Inexact)?;
    let power = exponent
        .saturating_add(i64::from(zeros))
        .saturating_sub(places);
    let (mantissa, scale) = match u32::try_from(power) {
        Ok(power) => (scale_up(mantissa, power)?, 0),
        Err(_) => (
            mantissa,
            u32::try_from(power.unsigned_abs()).map_err(|_| InvalidNumber::Inexact)?,
        ),
    };
    let mantissa = i128::try_from(mantissa).map_err(|_| InvalidNumber::Inexact)?;
    Decimal::try_from_i128_with_scale(if negative { -mantissa } else { mantissa }, scale)
        .map_err(|_| InvalidNumber::Inexact)
}

/// The exponent is capped instead of rejected: it can be arbitrarily large if the number is zero or fits.
fn parse_exponent(text: &str) -> Result<i64, InvalidNumber> {
    let (negative, unsigned) = match text.strip_prefix('-') {
        Some(unsigned) => (true, unsigned),
        None => (false, text.strip_prefix('+').unwrap_or(text)),
    };
    let exponent = digits(unsigned)?.parse().unwrap_or(i64::MAX);
    Ok(if negative { -exponent } else { exponent })
}

fn digits(text: &str) -> Result<&str, InvalidNumber> {
    let all = !text.is_empty() && text.chars().all(|character| character.is_ascii_digit());
    all.then_some(text).ok_or(InvalidNumber::Malformed)
}

fn scale_up(mantissa: u128, power: u32) -> Result<u128, InvalidNumber> {
    if mantissa == 0 {
        return Ok(0);
    }
    10_u128
        .checked_pow(power)
        .and_then(|factor| mantissa.checked_mul(factor))
        .ok_or(InvalidNumber::Inexact)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_read_exactly() {
        for (text, expected) in [
            ("0", "0"),
            ("-0", "0"),
            ("007", "7"),
            ("10.0", "10"),
            ("-0.75", "-0.75"),
            ("1e3", "1000"),
            ("1E+3", "1000"),
            ("12.5e-1", "1.25"),
            ("0.001e3", "1"),
            ("9007199254740993", "9007199254740993"),
            (
                "79228162514264337593543950335",
                "79228162514264337593543950335",
            ),
            ("1e28", "10000000000000000000000000000"),
            ("1e-28", "0.0000000000000000000000000001"),
            ("0e99999999999999999999", "0"),
            ("0e-99999999999999999999", "0"),
        ] {
            assert_eq!(
                parse(text).map(|it| it.normalize().to_string()),
                Ok(expected.to_owned()),
                "{text}"
            );
        }
        let zeros = "0".repeat(5000);
        assert_eq!(parse(&format!("1.{zeros}")), Ok(Decimal::ONE));
        assert_eq!(parse(&format!("{zeros}1")), Ok(Decimal::ONE));
        assert_eq!(parse(&format!("1{zeros}e-5000")), Ok(Decimal::ONE));
        assert_eq!(parse(&format!("0.{zeros}1e5001")), Ok(Decimal::ONE));
    }

    #[test]
    fn what_cannot_be_held_exactly_is_told_from_what_is_no_number() {
        for text in [
            "", "-", "+1", " 1", "1 ", ".5", "5.", "1e", "1e+", "e3", "1.2.3", "1e1.5", "0x1", "١",
            "NaN", "--1", "1_000",
        ] {
            assert_eq!(parse(text), Err(InvalidNumber::Malformed), "{text}");
        }
        for text in [
            "79228162514264337593543950336",
            "1e29",
            "1e-29",
            "1.00000000000000000000000000001",
            "1e99999999999999999999",
            "1e-99999999999999999999",
            "123456789012345678901234567890123456789012345678901234567890",
        ] {
            assert_eq!(parse(text), Err(InvalidNumber::Inexact), "{text}");
        }
    }
}
