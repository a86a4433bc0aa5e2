//! `Null`: tests whether a key is present.
//!
//! `true` requires that the key is absent or null, which means that it has no values or only empty ones. `false`
//! requires a value that is not empty. With both, the condition always holds; with neither, it never does.
//!
//! With a set operator, each value is tested, as with other operators: `ForAllValues:Null` holds for a key without
//! values, and `ForAnyValue:Null` does not. We observed this with AWS's policy simulator.

use super::boolean;
use super::error::ConditionError;
use super::value::ConditionValue;
use super::value_match::ValueMatch;
use crate::context::Value;
use crate::truth::Truth;

/// The requirements of the policy: `true`, `false` or both.
///
/// Each field is the index of the first value with this requirement.
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

    /// Whether the test holds for a key that is null, or for one that is not.
    pub(super) fn holds(self, is_null: bool) -> Truth {
        Truth::from(self.asks_for(is_null).is_some())
    }

    /// Tests one value of several.
    pub(super) fn meets(self, value: &Value) -> ValueMatch<'static> {
        match self.asks_for(value.is_null()) {
            Some(index) => ValueMatch::One(index),
            None => ValueMatch::NONE,
        }
    }

    pub(super) fn asks_for(self, is_null: bool) -> Option<usize> {
        if is_null { self.null } else { self.present }
    }

    /// Whether the test holds for an unknown key.
    pub(super) fn holds_for_unknown(self) -> Truth {
        match (self.null, self.present) {
            (Some(_), Some(_)) => Truth::True,
            (None, None) => Truth::False,
            _ => Truth::Unknown,
        }
    }
}
