//! Sets of characters.

use super::Case;
use crate::resource::IdFormat;

/// The characters of one step.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Characters {
    /// Every character.
    All,
    /// All but the slash.
    Unslashed,
    /// All but the colon, which separates the components of an ARN.
    WithoutColon,
    /// One character.
    One(char),
    /// The characters that equal this one in a comparison of such letters.
    Alike(char, Case),
    /// Those that stand in an id as they are, save the dot.
    Undotted(IdFormat),
    /// A digit of an encoded byte.
    UpperHexadecimal,
    /// Those of the names of users, roles and sessions.
    Name,
}

impl Characters {
    /// No character behind this one is contained, unless there is no bound.
    pub(super) const fn last(self) -> char {
        match self {
            Self::All | Self::Unslashed | Self::WithoutColon | Self::Alike(..) => char::MAX,
            Self::One(one) => one,
            Self::Undotted(_) | Self::UpperHexadecimal | Self::Name => '~',
        }
    }

    /// Whether `character` is one of them.
    pub fn contain(self, character: char) -> bool {
        match self {
            Self::All => true,
            Self::Unslashed => character != '/',
            Self::WithoutColon => character != ':',
            Self::One(one) => one == character,
            Self::Alike(one, case) => case.is_alike(one, character),
            Self::Undotted(accepts) => character != '.' && accepts.keeps(character),
            Self::UpperHexadecimal => matches!(character, '0'..='9' | 'A'..='F'),
            Self::Name => is_name_character(character),
        }
    }
}

/// Whether the names of users, roles and sessions may have this character.
pub fn is_name_character(character: char) -> bool {
    character.is_ascii_alphanumeric() || "+=,.@-_".contains(character)
}
