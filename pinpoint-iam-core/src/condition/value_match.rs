//! What comes of one value of a request and the values of a policy.

use std::fmt;

use crate::context::ConditionKey;
use crate::pattern::Match;

/// What came of holding one value of the request against the values of the policy.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum ValueMatch<'a> {
    /// It meets the value at this index.
    One(usize),
    /// It meets none of them. The index is that of a value one of whose variables has no value.
    None { unresolved: Option<usize> },
    /// It depends on this key.
    Unknown(&'a ConditionKey),
    /// An ARN was compared with something that is none: neither met nor not met.
    NotAnArn,
    /// It cannot be said.
    Undecidable(Undecidable),
}

impl<'a> ValueMatch<'a> {
    pub(super) const NONE: Self = Self::None { unresolved: None };

    /// The first of `known` that is met.
    pub(super) fn first<T>(known: &[T], meets: impl FnMut(&T) -> bool) -> Self {
        match known.iter().position(meets) {
            Some(index) => Self::One(index),
            None => Self::NONE,
        }
    }

    /// The first pattern that matches; one that might match after all goes before those that do not.
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

/// Why a value of the request cannot be compared.
///
/// The condition then counts against the request: it does not hold in an `Allow` statement and holds in a `Deny`
/// statement.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Undecidable {
    /// A numeric operator, and the value is no number.
    NotANumber,
    /// A numeric operator, and the number is too large or has too many digits to be compared exactly.
    InexactNumber,
    /// A date operator, and the value is no date.
    NotADate,
    /// `Bool`, and the value is neither true nor false.
    NotABoolean,
    /// `Bool`, and the policy writes a variable, which `Bool` does not fill in.
    VariableForBoolean,
    /// `BinaryEquals`, and the value is not base64.
    NotBase64,
    /// An address operator, and the value is no address.
    NotAnAddress,
    /// An ARN operator, and the value starts like an ARN but is too long for one or holds control characters.
    UnusableArn,
    /// An operator that ignores case, and only letters outside ASCII differ, by case.
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
            Self::UnusableArn => "is too long for an ARN or holds control characters",
            Self::LetterOutsideAscii => "differs only in the case of letters outside ASCII",
        })
    }
}
