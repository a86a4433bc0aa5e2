//! One value of a request against the values of a policy, whatever their type.

use std::fmt;

use super::arn::ArnMatcher;
use super::binary::BinaryMatcher;
use super::boolean::BoolMatcher;
use super::date::DateMatcher;
use super::error::ConditionError;
use super::ip_address::IpMatcher;
use super::null::NullMatcher;
use super::numeric::NumericMatcher;
use super::operator::{BaseOperator, Relation};
use super::string::StringMatcher;
use super::value::ConditionValue;
use crate::context::{ConditionKey, ContextLookup, Value};
use crate::pattern::{Case, Match, Pattern};
use crate::policy::Version;

/// The values of a condition, read for their operator.
#[derive(Clone, Debug)]
pub(super) enum Matcher {
    Text(StringMatcher),
    Number(NumericMatcher),
    Date(DateMatcher),
    Boolean(BoolMatcher),
    Binary(BinaryMatcher),
    Address(IpMatcher),
    Arn(ArnMatcher),
    Null(NullMatcher),
}

impl Matcher {
    pub(super) fn parse(
        operator: BaseOperator,
        values: &[ConditionValue],
        version: Version,
    ) -> Result<Self, ConditionError> {
        use BaseOperator as Base;
        let number = |relation| NumericMatcher::parse(relation, values).map(Self::Number);
        let date = |relation| DateMatcher::parse(relation, values).map(Self::Date);
        match operator {
            Base::StringEquals | Base::StringNotEquals => {
                StringMatcher::parse(values, Case::Sensitive, false, version).map(Self::Text)
            }
            Base::StringEqualsIgnoreCase | Base::StringNotEqualsIgnoreCase => {
                StringMatcher::parse(values, Case::IgnoreAscii, false, version).map(Self::Text)
            }
            Base::StringLike | Base::StringNotLike => {
                StringMatcher::parse(values, Case::Sensitive, true, version).map(Self::Text)
            }
            Base::NumericEquals | Base::NumericNotEquals => number(Relation::Equal),
            Base::NumericLessThan => number(Relation::Less),
            Base::NumericLessThanEquals => number(Relation::LessOrEqual),
            Base::NumericGreaterThan => number(Relation::Greater),
            Base::NumericGreaterThanEquals => number(Relation::GreaterOrEqual),
            Base::DateEquals | Base::DateNotEquals => date(Relation::Equal),
            Base::DateLessThan => date(Relation::Less),
            Base::DateLessThanEquals => date(Relation::LessOrEqual),
            Base::DateGreaterThan => date(Relation::Greater),
            Base::DateGreaterThanEquals => date(Relation::GreaterOrEqual),
            Base::Bool => BoolMatcher::parse(values).map(Self::Boolean),
            Base::BinaryEquals => BinaryMatcher::parse(values).map(Self::Binary),
            Base::IpAddress | Base::NotIpAddress => IpMatcher::parse(values).map(Self::Address),
            Base::ArnEquals | Base::ArnLike | Base::ArnNotEquals | Base::ArnNotLike => {
                ArnMatcher::parse(values, version).map(Self::Arn)
            }
            Base::Null => NullMatcher::parse(values).map(Self::Null),
        }
    }

    /// Holds one value of the request against the values of the policy.
    pub(super) fn matches(
        &self,
        value: &Value,
        facts: &(impl ContextLookup + ?Sized),
    ) -> ValueMatch<'_> {
        match self {
            Self::Text(texts) => texts.matches(value, facts),
            Self::Number(numbers) => numbers.matches(value),
            Self::Date(dates) => dates.matches(value),
            Self::Boolean(booleans) => booleans.matches(value),
            Self::Binary(binaries) => binaries.matches(value),
            Self::Address(ranges) => ranges.matches(value),
            Self::Arn(arns) => arns.matches(value, facts),
            Self::Null(test) => test.meets(value),
        }
    }

    /// The patterns whose variables are filled from further keys.
    pub(super) fn patterns(&self) -> impl Iterator<Item = &Pattern> {
        let (texts, arns) = match self {
            Self::Text(texts) => (Some(texts.patterns()), None),
            Self::Arn(arns) => (None, Some(arns.patterns())),
            _ => (None, None),
        };
        texts
            .into_iter()
            .flatten()
            .chain(arns.into_iter().flatten())
    }
}

/// What came of holding one value of the request against the values of the policy.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum ValueMatch<'a> {
    /// It meets the value at this index.
    One(usize),
    /// It meets none of them. The index is that of a value one of whose variables has no value.
    None { unresolved: Option<usize> },
    /// It depends on this key.
    Unknown(&'a ConditionKey),
    /// An ARN was compared with something that is none: neither met nor not met.
    NotAnArn,
    /// It cannot be said.
    Undecidable(Undecidable),
}

impl<'a> ValueMatch<'a> {
    pub(super) const NONE: Self = Self::None { unresolved: None };

    /// The first of `known` that is met.
    pub(super) fn first<T>(known: &[T], meets: impl FnMut(&T) -> bool) -> Self {
        match known.iter().position(meets) {
            Some(index) => Self::One(index),
            None => Self::NONE,
        }
    }

    /// The first pattern that matches; one that might match after all goes before those that do not.
    pub(super) fn first_match(matches: impl Iterator<Item = Match<'a>>) -> Self {
        let mut unknown = None;
        let mut unresolved = None;
        for (index, matched) in matches.enumerate() {
            match matched {
                Match::Yes => return Self::One(index),
                Match::No => {}
                Match::Unresolved => {
                    unresolved.get_or_insert(index);
                }
                Match::Unknown(key) => {
                    unknown.get_or_insert(key);
                }
            }
        }
        match unknown {
            Some(key) => Self::Unknown(key),
            None => Self::None { unresolved },
        }
    }
}

/// Why a value of the request cannot be compared.
///
/// The condition then counts against the request: it does not hold in an `Allow` statement and holds in a `Deny`
/// statement.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Undecidable {
    /// A numeric operator, and the value is no number.
    NotANumber,
    /// A numeric operator, and the number is too large or has too many digits to be compared exactly.
    InexactNumber,
    /// A date operator, and the value is no date.
    NotADate,
    /// `Bool`, and the value is neither true nor false.
    NotABoolean,
    /// `Bool`, and the policy writes a variable, which `Bool` does not fill in.
    VariableForBoolean,
    /// `BinaryEquals`, and the value is not base64.
    NotBase64,
    /// An address operator, and the value is no address.
    NotAnAddress,
    /// An ARN operator, and the value starts like an ARN but is too long for one or holds control characters.
    UnusableArn,
    /// An operator that ignores case, and only letters outside ASCII differ, by case.
    LetterOutsideAscii,
}

impl fmt::Display for Undecidable {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(match self {
            Self::NotANumber => "is not a number",
            Self::InexactNumber => "is too large or too precise a number",
            Self::NotADate => "is not a date",
            Self::NotABoolean => "is neither true nor false",
            Self::VariableForBoolean => {
                "is compared with a variable, which `Bool` does not fill in"
            }
            Self::NotBase64 => "is not base64",
            Self::NotAnAddress => "is not an address",
            Self::UnusableArn => "is too long for an ARN or holds control characters",
            Self::LetterOutsideAscii => "differs only in the case of letters outside ASCII",
        })
    }
}
