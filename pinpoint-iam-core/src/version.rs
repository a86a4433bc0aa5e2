//! Versions of the policy language.

use std::fmt;

/// The version of the policy language used in a document.
///
/// See [Version](https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_version.html).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Version {
    /// `2008-10-17`, also used for a document without a `Version`: variables are plain text.
    V2008_10_17,
    /// `2012-10-17`: policy variables are supported.
    V2012_10_17,
}

impl Version {
    /// Every version, newest first.
    pub const ALL: &'static [Self] = &[Self::V2012_10_17, Self::V2008_10_17];

    /// The version as written in policies.
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
