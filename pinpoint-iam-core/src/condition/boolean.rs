//! `Bool`: `true` and `false`, ignoring case.
//!
//! Policy variables are not filled in. A value that contains one is not a Boolean: the comparison is undecidable unless
//! another value matches.

use super::error::ConditionError;
use super::value::ConditionValue;
use super::value_match::{Undecidable, ValueMatch};
use crate::context::Value;

/// The Booleans in the policy; `None` for a value with a variable.
#[derive(Clone, Debug)]
pub(super) struct BoolMatcher(Box<[Option<bool>]>);

impl BoolMatcher {
    pub(super) fn parse(values: &[ConditionValue]) -> Result<Self, ConditionError> {
        ConditionError::each(values, |value| match of_policy(value) {
            Some(boolean) => Ok(Some(boolean)),
            None if value.text().contains("${") => Ok(None),
            None => Err(not_a_boolean(value)),
        })
        .map(Self)
    }

    pub(super) fn parts(&self) -> &[Option<bool>] {
        &self.0
    }

    pub(super) fn matches(&self, value: &Value) -> ValueMatch<'static> {
        let boolean = match value {
            Value::Bool(boolean) => Some(*boolean),
            Value::Text(text) => parse(text),
            _ => None,
        };
        let Some(boolean) = boolean else {
            return ValueMatch::Undecidable(Undecidable::NotABoolean);
        };
        match ValueMatch::first(&self.0, |known| *known == Some(boolean)) {
            ValueMatch::None { .. } if self.0.contains(&None) => {
                ValueMatch::Undecidable(Undecidable::VariableForBoolean)
            }
            met => met,
        }
    }
}

/// The Boolean of a policy's value.
pub(crate) fn of_policy(value: &ConditionValue) -> Option<bool> {
    match value {
        ConditionValue::Bool(boolean) => Some(*boolean),
        ConditionValue::Text(text) => parse(text),
        ConditionValue::Number(_) => None,
    }
}

/// The error for a policy's value that is not a Boolean: a message and a hint.
pub(super) fn not_a_boolean(value: &ConditionValue) -> (String, &'static str) {
    (
        format!("{value} is neither true nor false"),
        "write `true` or `false`",
    )
}

fn parse(text: &str) -> Option<bool> {
    if text.eq_ignore_ascii_case("true") {
        Some(true)
    } else if text.eq_ignore_ascii_case("false") {
        Some(false)
    } else {
        None
    }
}
