//! The values of a condition in a policy.

use crate::quoted::Quoted;
use std::fmt;

/// One value of a condition, as written in the policy.
///
/// Policies may omit the quotation marks around numbers and Booleans. The original form is kept, so that a document can
/// be serialized unchanged.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum ConditionValue {
    /// A JSON string.
    Text(String),
    /// A JSON `true` or `false`.
    Bool(bool),
    /// A JSON number, with its original characters: `10`, `10.0` and `1e1` are distinct.
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

/// Displayed in backticks, with control characters escaped, and truncated if it is long, so that it fits on one line of
/// a log.
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
