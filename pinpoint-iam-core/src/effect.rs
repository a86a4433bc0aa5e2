//! The effect of a statement.

use std::fmt;

/// The effect of a statement that matches a request.
///
/// See [Effect](https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_effect.html).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Effect {
    /// Allows matching requests, unless another statement denies them.
    Allow,
    /// Denies matching requests, regardless of other statements.
    Deny,
}

impl Effect {
    /// The word, as written in policies.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Allow => "Allow",
            Self::Deny => "Deny",
        }
    }
}

impl fmt::Display for Effect {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(self.name())
    }
}
