//! `Null`: whether a key is there at all.
//!
//! `true` asks that the key is absent or null: without values, or with empty ones only. `false` asks for a value that is
//! not empty. With both, the condition always holds; with neither, never.
//!
//! Behind a set operator it is asked of each value, as other operators are: `ForAllValues:Null` holds for a key without
//! values, and `ForAnyValue:Null` does not. AWS's policy simulator was seen to answer so.

use super::boolean;
use super::error::ConditionError;
use super::value::ConditionValue;
use super::value_match::ValueMatch;
use crate::context::Value;
use crate::truth::Truth;

/// Which of the two a policy asks for.
///
/// Each is the place of the first value that asks for it.
#[derive(Clone, Copy, Debug)]
pub(super) struct NullMatcher {
    null: Option<usize>,
    present: Option<usize>,
}

impl NullMatcher {
    pub(super) fn parse(values: &[ConditionValue]) -> Result<Self, ConditionError> {
        let wanted = ConditionError::each(values, |value| {
            boolean::of_policy(value).ok_or_else(|| boolean::not_a_boolean(value))
        })?;
        Ok(Self {
            null: wanted.iter().position(|is_null| *is_null),
            present: wanted.iter().position(|is_null| !*is_null),
        })
    }

    /// Whether the test holds for a key that is null, or is not.
    pub(super) fn holds(self, is_null: bool) -> Truth {
        Truth::from(self.asks_for(is_null).is_some())
    }

    /// Whether one value of several is what the test asks for.
    pub(super) fn meets(self, value: &Value) -> ValueMatch<'static> {
        match self.asks_for(value.is_null()) {
            Some(index) => ValueMatch::One(index),
            None => ValueMatch::NONE,
        }
    }

    fn asks_for(self, is_null: bool) -> Option<usize> {
        if is_null { self.null } else { self.present }
    }

    /// Whether the test holds for a key of which nothing is known.
    pub(super) fn holds_for_unknown(self) -> Truth {
        match (self.null, self.present) {
            (Some(_), Some(_)) => Truth::True,
            (None, None) => Truth::False,
            _ => Truth::Unknown,
        }
    }
}
