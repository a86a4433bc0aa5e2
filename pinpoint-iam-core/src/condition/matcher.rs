//! Compares one value of a request with the values of a policy, for all operator types.

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
use super::value_match::ValueMatch;
use crate::context::{ContextLookup, Value};
use crate::pattern::{Case, Pattern};
use crate::version::Version;

/// The values of a condition, parsed for their operator.
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

    /// Compares one value of the request with the values of the policy.
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

    /// The patterns that can contain variables, and therefore depend on further keys.
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
