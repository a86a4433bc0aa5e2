//! The part of a condition that depends on a key of the row of a list.
//!
//! A list is selected by what its policies leave open, so the values of a condition have to be seen from outside. What a
//! condition makes of a value is not decided here: [`Condition::truth_of`] and [`Condition::truth_for`] ask the evaluator.

use std::fmt;
use std::net::{IpAddr, Ipv6Addr};
use std::time::SystemTime;

use ipnet::IpNet;
use rust_decimal::Decimal;

use super::Condition;
use super::evaluate::truth_of;
use super::matcher::Matcher;
use super::numeric;
pub use super::operator::Relation;
use super::value_match::{Undecidable, ValueMatch};
use crate::context::{ConditionKey, ContextLookup, Lookup};
use crate::effect::Effect;
use crate::instant::{Instant, InvalidInstant};
use crate::pattern::{Case, Pattern};
use crate::truth::Truth;

/// What came of comparing a value with those of a condition.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Class {
    /// It meets one of them.
    Met,
    /// It meets none of them.
    NotMet,
    /// An ARN operator with a value that is not an ARN.
    NotAnArn,
    /// A numeric operator with a value that is not a number.
    NotANumber,
    /// It cannot be said, for any other reason.
    Undecidable,
}

/// The values of a condition, read for their operator.
#[derive(Clone, Debug)]
pub enum Comparison<'c> {
    /// None: every value is [`Class::NotMet`].
    Nothing,
    /// Texts, with or without wildcards.
    Texts(Case, &'c [Pattern]),
    /// Numbers.
    Numbers(Relation, Vec<Number>),
    /// Points in time.
    Dates(Relation, Vec<Date>),
    /// Booleans; nothing stands for a value with a variable, which leaves undecidable what meets no other.
    Booleans(&'c [Option<bool>]),
    /// Bytes in base64, each in its only spelling.
    Binaries(Vec<String>),
    /// Ranges of addresses: the first and the last address of each stretch. An IPv4 address is the IPv6 address that is
    /// mapped from it.
    Addresses(Vec<(Ipv6Addr, Ipv6Addr)>),
    /// ARNs, component by component; nothing stands for a pattern that no ARN matches.
    Arns(&'c [Option<[Pattern; 6]>]),
    /// Whether an empty value is asked for, and whether one that is not empty.
    Null(bool, bool),
}

impl Condition {
    /// The values, read for their operator.
    pub fn comparison(&self) -> Comparison<'_> {
        if self.values.is_empty() {
            return Comparison::Nothing;
        }
        match &self.comparison {
            Matcher::Text(texts) => {
                let (case, patterns) = texts.parts();
                Comparison::Texts(case, patterns)
            }
            Matcher::Number(numbers) => {
                let (relation, numbers) = numbers.parts();
                Comparison::Numbers(relation, numbers.iter().copied().map(Number).collect())
            }
            Matcher::Date(dates) => {
                let (relation, instants) = dates.parts();
                Comparison::Dates(relation, instants.iter().copied().map(Date).collect())
            }
            Matcher::Boolean(booleans) => Comparison::Booleans(booleans.parts()),
            Matcher::Binary(binaries) => Comparison::Binaries(binaries.texts().collect()),
            Matcher::Address(ranges) => {
                Comparison::Addresses(ranges.parts().iter().flat_map(stretches).collect())
            }
            Matcher::Arn(arns) => Comparison::Arns(arns.parts()),
            Matcher::Null(test) => Comparison::Null(
                test.asks_for(true).is_some(),
                test.asks_for(false).is_some(),
            ),
        }
    }

    /// Whether one value of this class satisfies the operator; a set operator is left out.
    pub fn truth_of(&self, class: Class, effect: Effect) -> Truth {
        let met = match class {
            Class::Met => ValueMatch::One(0),
            Class::NotMet => ValueMatch::NONE,
            Class::NotAnArn => ValueMatch::NotAnArn,
            Class::NotANumber => ValueMatch::Undecidable(Undecidable::NotANumber),
            Class::Undecidable => ValueMatch::Undecidable(Undecidable::InexactNumber),
        };
        truth_of(self.operator, met, effect)
    }

    /// Whether the condition holds where its key is as `own` says and the others as in `facts`.
    pub fn truth_for(
        &self,
        own: Lookup<'_>,
        facts: &(impl ContextLookup + ?Sized),
        effect: Effect,
    ) -> Truth {
        let facts = With {
            key: &self.key,
            own,
            facts,
        };
        self.evaluate(&facts, effect).truth
    }
}

/// Facts in which one key is given.
struct With<'a, F: ?Sized> {
    key: &'a ConditionKey,
    own: Lookup<'a>,
    facts: &'a F,
}

impl<F: ContextLookup + ?Sized> ContextLookup for With<'_, F> {
    fn lookup(&self, key: &ConditionKey) -> Lookup<'_> {
        if key == self.key {
            self.own
        } else {
            self.facts.lookup(key)
        }
    }
}

/// A number of a condition.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Number(Decimal);

impl Number {
    /// The maximum number of decimals.
    pub const MOST_DECIMALS: u32 = Decimal::MAX_SCALE;

    /// The maximum of the digits of a number, without its decimal point and trailing zeros.
    pub const MOST_DIGITS: Self = Self(Decimal::MAX);

    /// Reads what a request brings; `None` if it is not a number, or too large or too precise.
    pub fn parse(text: &str) -> Option<Self> {
        numeric::parse(text).ok().map(Self)
    }

    /// The largest whole number that is not greater.
    pub fn floor(self) -> i128 {
        i128::try_from(self.0.floor()).unwrap_or(i128::MAX)
    }

    /// Whether the number is whole.
    pub fn is_whole(self) -> bool {
        self.0.fract().is_zero()
    }

    /// A text whose order, byte by byte, is that of numbers.
    pub fn key(self) -> String {
        let whole = self.0.trunc().abs().normalize().to_string();
        let fraction = self.0.fract().abs().normalize().to_string();
        let fraction = fraction.split_once('.').map_or("", |(_, digits)| digits);
        ordered(
            self.0.is_sign_negative() && !self.0.is_zero(),
            &format!("{whole:0>29}{fraction:0<28}"),
        )
    }
}

impl fmt::Display for Number {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.normalize().fmt(formatter)
    }
}

impl From<i64> for Number {
    fn from(number: i64) -> Self {
        Self(number.into())
    }
}

/// A point in time of a condition.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Date(Instant);

impl Date {
    /// Reads what a request brings; `None` if it is not a date.
    pub fn parse(text: &str) -> Option<Self> {
        let read: Result<_, InvalidInstant> = Instant::parse_in_request(text);
        read.ok().map(Self)
    }

    /// The nanoseconds since 1970.
    pub const fn nanoseconds(self) -> i128 {
        self.0.nanoseconds()
    }

    /// A text whose order, byte by byte, is that of time.
    pub fn key(self) -> String {
        let nanoseconds = self.nanoseconds();
        ordered(
            nanoseconds < 0,
            &format!("{:0>30}", nanoseconds.unsigned_abs()),
        )
    }
}

impl From<SystemTime> for Date {
    fn from(time: SystemTime) -> Self {
        Self(time.into())
    }
}

/// A text whose order, byte by byte, is that of numbers with so many digits.
fn ordered(negative: bool, digits: &str) -> String {
    let mut key = String::with_capacity(digits.len() + 1);
    key.push(if negative { '0' } else { '1' });
    // A negative number is the smaller, the larger its digits are.
    key.extend(digits.chars().map(|digit| match digit.to_digit(10) {
        Some(value) if negative => char::from_digit(9 - value, 10).unwrap_or(digit),
        _ => digit,
    }));
    key
}

/// A text whose order, byte by byte, is that of addresses; `None` if it is not an address.
pub fn address_key(text: &str) -> Option<String> {
    text.parse().ok().map(mapped).map(key_of_address)
}

/// The sort key of an address.
pub fn key_of_address(address: Ipv6Addr) -> String {
    format!("{:032x}", u128::from(address))
}

/// An IPv4 address counts as the IPv6 address that is mapped from it, and both are the same address.
const fn mapped(address: IpAddr) -> Ipv6Addr {
    match address {
        IpAddr::V4(address) => address.to_ipv6_mapped(),
        IpAddr::V6(address) => address,
    }
}

/// A range of IPv6 contains no address that is mapped from IPv4.
fn stretches(range: &IpNet) -> Vec<(Ipv6Addr, Ipv6Addr)> {
    let first = mapped(range.network());
    let last = mapped(range.broadcast());
    let before = Ipv6Addr::from(MAPPED - 1);
    let behind = Ipv6Addr::from(AFTER_MAPPED);
    match range {
        IpNet::V4(_) => vec![(first, last)],
        IpNet::V6(_) => [(first, last.min(before)), (first.max(behind), last)]
            .into_iter()
            .filter(|(first, last)| first <= last)
            .collect(),
    }
}

/// `::ffff:0:0/96`.
const MAPPED: u128 = 0xffff << 32;
const AFTER_MAPPED: u128 = 0x1_0000 << 32;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_have_the_order_of_what_they_stand_for() {
        let numbers = [
            "-79228162514264337593543950335",
            "-10",
            "-9.5",
            "-0.75",
            "-0.0000000000000000000000000001",
            "0",
            "0.0000000000000000000000000001",
            "0.1",
            "9",
            "9.5",
            "10",
            "9007199254740992",
            "9007199254740993",
            "79228162514264337593543950335",
        ];
        let keys: Vec<String> = numbers
            .iter()
            .map(|text| Number::parse(text).unwrap().key())
            .collect();
        assert!(keys.is_sorted_by(|left, right| left < right), "{keys:#?}");
        assert!(
            keys.iter()
                .all(|key| key.len() == keys.first().unwrap().len())
        );
        assert_eq!(
            Number::parse("-0").unwrap().key(),
            Number::parse("0.0").unwrap().key()
        );
        assert_eq!(
            Number::parse("7e0").unwrap().key(),
            Number::parse("07.00").unwrap().key()
        );
        assert!(Number::parse("x").is_none());

        let dates = [
            "-292275054",
            "1969-12-31T23:59:59.999999999Z",
            "1970-01-01",
            "1970-01-01T00:00:00.000000001Z",
            "2026-01-01",
            "292278993-12-31T23:59:59.999999999Z",
            "9223372036854775807",
        ];
        let keys: Vec<String> = dates
            .iter()
            .map(|text| Date::parse(text).unwrap().key())
            .collect();
        assert!(keys.is_sorted_by(|left, right| left < right), "{keys:#?}");
        assert!(
            keys.iter()
                .all(|key| key.len() == keys.first().unwrap().len())
        );
    }

    #[test]
    fn stretches_contain_what_ranges_do() {
        let addresses = [
            "0.0.0.0",
            "10.0.0.1",
            "255.255.255.255",
            "::",
            "::1",
            "::fffe:ffff:ffff",
            "::fffe:10.0.0.1",
            "::ffff:10.0.0.1",
            "::1:0:0:0",
            "2001:db8::1",
            "ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff",
        ];
        for range in [
            "0.0.0.0/0",
            "10.0.0.0/8",
            "::/0",
            "::/64",
            "::/96",
            // Half of it is mapped from IPv4.
            "::fffe:0:0/95",
            "::ffff:10.0.0.0/104",
            "2001:db8::/32",
            "::1",
            "::ffff:0:0/96",
        ] {
            let range = super::super::ip_address::parse(range).unwrap();
            for address in addresses {
                let key = address_key(address).unwrap();
                let within = stretches(&range).iter().any(|(first, last)| {
                    key_of_address(*first) <= key && key <= key_of_address(*last)
                });
                let address = address.parse::<IpAddr>().unwrap().to_canonical();
                assert_eq!(within, range.contains(&address), "{address} {range}");
            }
        }
    }
}
