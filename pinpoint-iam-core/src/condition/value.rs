//! The values that a policy writes in a condition.

use crate::quoted::Quoted;
use std::fmt;

/// One value of a condition, as the policy writes it.
///
/// Policies may leave the quotation marks off numbers and Booleans; what was written is kept, so that a document can be
/// written back unchanged.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum ConditionValue {
    /// A JSON string.
    Text(String),
    /// A JSON `true` or `false`.
    Bool(bool),
    /// A JSON number, character by character as it was written: `10`, `10.0` and `1e1` are kept apart.
    Number(String),
}

impl ConditionValue {
    /// The value without quotation marks.
    pub fn text(&self) -> &str {
        match self {
            Self::Text(text) | Self::Number(text) => text,
            Self::Bool(true) => "true",
            Self::Bool(false) => "false",
        }
    }
}

/// In backticks, with control characters escaped and cut when it is long: fit for a line of a log.
impl fmt::Display for ConditionValue {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        Quoted(self.text()).fmt(formatter)
    }
}

impl From<&str> for ConditionValue {
    fn from(text: &str) -> Self {
        Self::Text(text.to_owned())
    }
}

impl From<String> for ConditionValue {
    fn from(text: String) -> Self {
        Self::Text(text)
    }
}

impl From<bool> for ConditionValue {
    fn from(value: bool) -> Self {
        Self::Bool(value)
    }
}
