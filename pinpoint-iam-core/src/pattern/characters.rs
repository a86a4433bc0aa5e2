//! Sets of characters.

use super::Case;

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
    /// Those of an id, except the dot.
    Undotted(IdCharacters),
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
            Self::Undotted(characters) => character != '.' && characters.contain(character),
            Self::UpperHexadecimal => matches!(character, '0'..='9' | 'A'..='F'),
            Self::Name => is_name_character(character),
        }
    }
}

/// The characters that an ARN has of an id as they are.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum IdCharacters {
    /// Those of an id that a service gives out. It has no others.
    Identifier,
    /// Those of an id that an application chooses. All others are percent-encoded.
    Opaque,
}

impl IdCharacters {
    /// Whether `character` is one of them.
    pub fn contain(self, character: char) -> bool {
        u8::try_from(character).is_ok_and(|byte| self.contain_byte(byte))
    }

    /// Whether the character of this ASCII byte is one of them.
    #[inline]
    pub(crate) fn contain_byte(self, byte: u8) -> bool {
        let of_all = byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'.');
        match self {
            Self::Identifier => of_all,
            Self::Opaque => of_all || matches!(byte, b'~' | b'+' | b'=' | b',' | b'@'),
        }
    }
}

/// Whether the names of users, roles and sessions may have this character.
pub fn is_name_character(character: char) -> bool {
    character.is_ascii_alphanumeric() || "+=,.@-_".contains(character)
}
