//! The result of a condition and the reason for it.

use std::fmt;

use super::Condition;
use super::matcher::Matcher;
use super::operator::{BaseOperator, SetOperator};
use super::value_match::Undecidable;
use crate::context::{ConditionKey, Value};
use crate::quoted::Quoted;
use crate::truth::Truth;

/// The result of a condition: whether it holds, and why.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Outcome<'a> {
    /// Whether it holds.
    pub truth: Truth,
    /// The reason.
    pub reason: Reason<'a>,
}

impl<'a> Outcome<'a> {
    pub(super) const fn new(condition: &'a Condition, truth: Truth, finding: Finding<'a>) -> Self {
        Self {
            truth,
            reason: Reason {
                condition,
                truth,
                finding,
            },
        }
    }
}

/// The reason why a condition holds, does not hold, or is unknown.
///
/// Displayed as a sentence without a full stop, in terms of the condition:
///
/// ```text
/// `aws:SourceIp` is `203.0.113.6`, which is in none of `203.0.113.5`
/// ```
///
/// Strings of the request are shown in backticks, on one line, and truncated if they are long.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Reason<'a> {
    condition: &'a Condition,
    truth: Truth,
    finding: Finding<'a>,
}

impl<'a> Reason<'a> {
    /// The condition that was evaluated.
    pub const fn condition(&self) -> &'a Condition {
        self.condition
    }

    /// The finding that decided the result.
    pub const fn finding(&self) -> Finding<'a> {
        self.finding
    }
}

/// The fact that decided the result of a condition.
#[derive(Clone, Copy, Debug, PartialEq)]
#[non_exhaustive]
pub enum Finding<'a> {
    /// The request does not have this key.
    Absent,
    /// The key is present without a value, or with empty values only.
    Null,
    /// The key is present; `Null` tests nothing else.
    Present(&'a [Value]),
    /// The result depends on this key, which is unknown: the condition's own key or that of a variable.
    Unknown(&'a ConditionKey),
    /// This value of the request matches the value at `index` in the condition.
    Met {
        /// The value of the request.
        value: &'a Value,
        /// The index of the matching value in [`Condition::values`].
        index: usize,
    },
    /// This value of the request matches none of the condition's values.
    NoneMet {
        /// The value of the request.
        value: &'a Value,
        /// The index, in [`Condition::values`], of a value that contains a variable without a value.
        unresolved: Option<usize>,
    },
    /// An ARN operator, and this value of the request is not an ARN.
    NotAnArn(&'a Value),
    /// A set operator evaluated all these values, and none of them changed the result.
    Values(&'a [Value]),
    /// The key is multivalued, and the operator has no set operator. Counts against the request.
    Multivalued(&'a [Value]),
    /// `IfExists`, and the key is present without a value. Counts against the request.
    Valueless,
    /// This value of the request cannot be compared. Counts against the request.
    Undecidable {
        /// The value of the request.
        value: &'a Value,
        /// The reason.
        why: Undecidable,
    },
}

impl fmt::Display for Reason<'_> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let operator = self.condition.operator();
        let key = Quoted(self.condition.key().as_str());
        let holds = match self.truth {
            Truth::True => "holds",
            Truth::False | Truth::Unknown => "does not hold",
        };
        match self.finding {
            Finding::Absent if operator.base() == BaseOperator::Null => {
                write!(formatter, "{key} is not in the request")
            }
            Finding::Absent => write!(
                formatter,
                "{key} is not in the request, and `{operator}` {holds} without it"
            ),
            Finding::Null if operator.base() == BaseOperator::Null => {
                write!(formatter, "{key} is empty")
            }
            Finding::Null => {
                write!(formatter, "{key} is empty, and `{operator}` {holds} then")
            }
            Finding::Present(_) => write!(formatter, "{key} is in the request"),
            Finding::Unknown(key) => {
                write!(formatter, "{} is unknown", Quoted(key.as_str()))
            }
            Finding::Met { value, index } => {
                self.write_value(formatter, value)?;
                write!(formatter, "which {} ", operator.base().verb())?;
                match self.condition.values().get(index) {
                    Some(with) => with.fmt(formatter),
                    None => formatter.write_str("one of the values"),
                }
            }
            Finding::NoneMet { value, unresolved } => {
                self.write_value(formatter, value)?;
                self.write_none_met(formatter)?;
                match unresolved.and_then(|index| self.condition.values().get(index)) {
                    Some(with) => write!(formatter, "; a variable in {with} has no value"),
                    None => Ok(()),
                }
            }
            Finding::NotAnArn(value) => {
                self.write_value(formatter, value)?;
                write!(
                    formatter,
                    "which is not an ARN, so `{operator}` does not match"
                )
            }
            Finding::Values(values) => self.write_every(formatter, values.len()),
            Finding::Multivalued(values) => write!(
                formatter,
                "{key} is multivalued and has {}, and `{operator}` compares one value (`ForAllValues` or `ForAnyValue` is missing){AGAINST}",
                match values.len() {
                    1 => "one".to_owned(),
                    several => several.to_string(),
                }
            ),
            Finding::Valueless => write!(
                formatter,
                "{key} is in the request without a value{AGAINST}"
            ),
            Finding::Undecidable { value, why } => {
                self.write_value(formatter, value)?;
                write!(formatter, "which {why}{AGAINST}")
            }
        }
    }
}

const AGAINST: &str = "; that counts against the request";

/// The maximum number of policy values that are displayed, because the list may be long.
const MOST: usize = 8;

impl Reason<'_> {
    fn write_value(&self, formatter: &mut fmt::Formatter<'_>, value: &Value) -> fmt::Result {
        let key = Quoted(self.condition.key().as_str());
        let verb = match self.condition.operator().set() {
            Some(_) => "has",
            None => "is",
        };
        write!(formatter, "{key} {verb} {}, ", Quoted(&value.text()))
    }

    fn write_none_met(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.condition.values().is_empty() {
            return formatter.write_str("and the condition lists no value");
        }
        let verb = self.condition.operator().base().verb();
        write!(formatter, "which {verb} none of ")?;
        self.write_list(formatter)?;
        let Matcher::Arn(patterns) = &self.condition.comparison else {
            return Ok(());
        };
        let index = patterns.first_without_components();
        match index.and_then(|index| self.condition.values().get(index)) {
            Some(pattern) => write!(
                formatter,
                "; {pattern} never matches, because it does not have the six components of an ARN"
            ),
            None => Ok(()),
        }
    }

    /// Explains why no value of the request changed the result: each satisfies `ForAllValues`, or each fails
    /// `ForAnyValue`.
    fn write_every(&self, formatter: &mut fmt::Formatter<'_>, count: usize) -> fmt::Result {
        let operator = self.condition.operator();
        let base = operator.base();
        let satisfies = operator.set() == Some(SetOperator::ForAllValues);
        let quantity = if satisfies == base.is_negated() {
            "none"
        } else {
            "one"
        };
        write!(
            formatter,
            "each of the {count} values of {} ",
            Quoted(self.condition.key().as_str())
        )?;
        if !satisfies && matches!(base, BaseOperator::ArnNotLike | BaseOperator::ArnNotEquals) {
            formatter.write_str("is not an ARN or ")?;
        }
        write!(formatter, "{} {quantity} of ", base.verb())?;
        if self.condition.values().is_empty() {
            return formatter.write_str("no values");
        }
        self.write_list(formatter)
    }

    fn write_list(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let values = self.condition.values();
        for (index, value) in values.iter().take(MOST).enumerate() {
            let comma = if index == 0 { "" } else { ", " };
            write!(formatter, "{comma}{value}")?;
        }
        match values.len().checked_sub(MOST) {
            Some(more @ 1..) => write!(formatter, " and {more} more"),
            _ => Ok(()),
        }
    }
}
