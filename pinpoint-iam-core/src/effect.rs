//! What a statement does.

use std::fmt;

/// What a statement does when it matches.
///
/// See [Effect](https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_effect.html).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Effect {
    /// It grants what it matches, unless another statement denies it.
    Allow,
    /// It refuses what it matches, whatever other statements say.
    Deny,
}

impl Effect {
    /// The word as policies write it.
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
