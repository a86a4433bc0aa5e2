//! Policy documents.

use std::fmt;

/// What a statement does when it matches.
///
/// See [Effect](https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_effect.html).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
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

/// The version of the policy language that a document is written in.
///
/// See [Version](https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_version.html).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Version {
    /// `2008-10-17`, and what a document without a `Version` is read as: variables are plain text.
    V2008_10_17,
    /// `2012-10-17`: policy variables have a meaning.
    V2012_10_17,
}

impl Version {
    /// The version as policies write it.
    pub const fn name(self) -> &'static str {
        match self {
            Self::V2008_10_17 => "2008-10-17",
            Self::V2012_10_17 => "2012-10-17",
        }
    }

    /// Whether `${…}` is a variable in documents of this version.
    pub const fn has_variables(self) -> bool {
        matches!(self, Self::V2012_10_17)
    }
}

impl fmt::Display for Version {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(self.name())
    }
}
