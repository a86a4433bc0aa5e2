//! Errors in conditions, reported when a policy loads.

use std::borrow::Cow;
use std::error::Error;
use std::fmt;

use super::value::ConditionValue;
use crate::pattern::PatternError;

/// The part of a condition that is wrong.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Part {
    /// The name of the operator.
    Operator,
    /// The name of the condition key.
    Key,
    /// The value at this index.
    Value(usize),
}

/// An invalid condition: what is wrong, and what to do about it.
///
/// Displayed as `message; hint`, in lower case and without a full stop, so that the parser of a document can put the
/// position before it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ConditionError {
    part: Part,
    message: String,
    hint: Cow<'static, str>,
}

impl ConditionError {
    pub(super) fn new(part: Part, message: String, hint: impl Into<Cow<'static, str>>) -> Self {
        Self {
            part,
            message,
            hint: hint.into(),
        }
    }

    /// Parses every value, or returns a message and a hint about the first invalid one.
    pub(super) fn each<T, H: Into<Cow<'static, str>>>(
        values: &[ConditionValue],
        mut read: impl FnMut(&ConditionValue) -> Result<T, (String, H)>,
    ) -> Result<Box<[T]>, Self> {
        let read = |(index, value)| {
            read(value).map_err(|(message, hint)| Self::new(Part::Value(index), message, hint))
        };
        values.iter().enumerate().map(read).collect()
    }

    /// The part of the condition that is wrong.
    pub const fn part(&self) -> Part {
        self.part
    }

    /// What is wrong with it.
    pub fn message(&self) -> &str {
        &self.message
    }

    /// What to do about it.
    pub fn hint(&self) -> &str {
        &self.hint
    }
}

impl fmt::Display for ConditionError {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{}; {}", self.message, self.hint)
    }
}

impl Error for ConditionError {}

/// The error for a value that is not a valid pattern: a message and a hint.
pub(super) fn pattern_fault(value: &ConditionValue, error: &PatternError) -> (String, String) {
    (
        format!("{value}: {}", error.message()),
        error.hint().to_owned(),
    )
}
