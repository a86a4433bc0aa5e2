//! The result of comparing one value of a request with the values of a policy.

use std::fmt;

use crate::context::ConditionKey;
use crate::pattern::Match;

/// The result of comparing one value of the request with the values of the policy.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum ValueMatch<'a> {
    /// It matches the value at this index.
    One(usize),
    /// It matches none of them. The index is that of a value that contains a variable without a value.
    None { unresolved: Option<usize> },
    /// The result depends on this key.
    Unknown(&'a ConditionKey),
    /// An ARN operator, and the request's value is not an ARN: neither a match nor a mismatch.
    NotAnArn,
    /// The comparison is undecidable.
    Undecidable(Undecidable),
}

impl<'a> ValueMatch<'a> {
    pub(super) const NONE: Self = Self::None { unresolved: None };

    /// The first of `known` that matches.
    pub(super) fn first<T>(known: &[T], meets: impl FnMut(&T) -> bool) -> Self {
        match known.iter().position(meets) {
            Some(index) => Self::One(index),
            None => Self::NONE,
        }
    }

    /// The first pattern that matches. A pattern that may still match takes precedence over those that do not.
    pub(super) fn first_match(matches: impl Iterator<Item = Match<'a>>) -> Self {
        let mut unknown = None;
        let mut unresolved = None;
        for (index, matched) in matches.enumerate() {
            match matched {
                Match::Yes => return Self::One(index),
                Match::No => {}
                Match::Unresolved => {
                    unresolved.get_or_insert(index);
                }
                Match::Unknown(key) => {
                    unknown.get_or_insert(key);
                }
            }
        }
        match unknown {
            Some(key) => Self::Unknown(key),
            None => Self::None { unresolved },
        }
    }
}

/// The reason why a value of the request cannot be compared.
///
/// The condition then counts against the request: it does not hold in an `Allow` statement and holds in a `Deny`
/// statement.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Undecidable {
    /// A numeric operator, and the value is not a number.
    NotANumber,
    /// A numeric operator, and the number is too large or has too many digits for an exact comparison.
    InexactNumber,
    /// A date operator, and the value is not a date.
    NotADate,
    /// `Bool`, and the value is neither true nor false.
    NotABoolean,
    /// `Bool`, and the policy's value contains a variable, which `Bool` does not fill in.
    VariableForBoolean,
    /// `BinaryEquals`, and the value is not base64.
    NotBase64,
    /// An address operator, and the value is not an address.
    NotAnAddress,
    /// An ARN operator, and the value starts like an ARN but is too long or contains control characters.
    UnusableArn,
    /// An operator that ignores case, and the strings differ only in the case of letters outside ASCII.
    LetterOutsideAscii,
}

impl fmt::Display for Undecidable {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(match self {
            Self::NotANumber => "is not a number",
            Self::InexactNumber => "is too large or too precise a number",
            Self::NotADate => "is not a date",
            Self::NotABoolean => "is neither true nor false",
            Self::VariableForBoolean => {
                "is compared with a variable, which `Bool` does not fill in"
            }
            Self::NotBase64 => "is not base64",
            Self::NotAnAddress => "is not an address",
            Self::UnusableArn => "is too long for an ARN or contains control characters",
            Self::LetterOutsideAscii => "differs only in the case of letters outside ASCII",
        })
    }
}
