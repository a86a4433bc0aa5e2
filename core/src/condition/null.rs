//! `Null`: whether a key is there at all.
//!
//! `true` asks that the key is absent or null: without values, or with empty ones only. `false` asks for a value that is
//! not empty. With both, the condition always holds; with neither, never.

use super::boolean;
use super::error::ConditionError;
use super::value::ConditionValue;
use crate::truth::Truth;

/// Which of the two a policy asks for.
#[derive(Clone, Copy, Debug)]
pub(super) struct NullTest {
    null: bool,
    present: bool,
}

impl NullTest {
    pub(super) fn parse(values: &[ConditionValue]) -> Result<Self, ConditionError> {
        let wanted = ConditionError::each(values, |value| {
            boolean::of_policy(value).ok_or_else(|| boolean::not_a_boolean(value))
        })?;
        Ok(Self {
            null: wanted.contains(&true),
            present: wanted.contains(&false),
        })
    }

    /// Whether the test holds for a key that is null, or is not.
    pub(super) fn holds(self, is_null: bool) -> Truth {
        Truth::from(if is_null { self.null } else { self.present })
    }

    /// Whether the test holds for a key of which nothing is known.
    pub(super) fn holds_for_unknown(self) -> Truth {
        if self.null == self.present {
            Truth::from(self.null)
        } else {
            Truth::Unknown
        }
    }
}
