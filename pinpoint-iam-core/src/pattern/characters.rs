//! Sets of characters.

use super::Case;

/// The characters that one step of an automaton accepts.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Characters {
    /// Every character.
    All,
    /// All except the slash.
    Unslashed,
    /// All except the colon, which separates the components of an ARN.
    WithoutColon,
    /// One character.
    One(char),
    /// The characters that equal this one in this kind of comparison.
    Alike(char, Case),
    /// The characters of an id, except the dot.
    Undotted(IdCharacters),
    /// A digit of a percent-encoded byte.
    UpperHexadecimal,
    /// The characters of user, role and session names.
    Name,
    /// The characters of the [path](https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_identifiers.html) of a
    /// user or role, except the slash. A colon is one of them.
    PathSegment,
}

impl Characters {
    /// An upper bound: the set contains no greater character. `char::MAX` for sets without a bound.
    pub(super) const fn last(self) -> char {
        match self {
            Self::All | Self::Unslashed | Self::WithoutColon | Self::Alike(..) => char::MAX,
            Self::One(one) => one,
            Self::Undotted(_) | Self::UpperHexadecimal | Self::Name | Self::PathSegment => '~',
        }
    }

    /// Whether the set contains `character`.
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
            Self::PathSegment => character.is_ascii_graphic() && character != '/',
        }
    }
}

/// The characters of an id that an ARN contains unencoded.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum IdCharacters {
    /// Characters of an id that the service generates. The id contains no others.
    Identifier,
    /// Characters of an id that an application chooses. All others are percent-encoded.
    Opaque,
}

impl IdCharacters {
    /// Whether the set contains `character`.
    pub fn contain(self, character: char) -> bool {
        u8::try_from(character).is_ok_and(|byte| self.contain_byte(byte))
    }

    /// Whether the set contains the ASCII character of this byte.
    #[inline]
    pub(crate) fn contain_byte(self, byte: u8) -> bool {
        let of_all = byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'.');
        match self {
            Self::Identifier => of_all,
            Self::Opaque => of_all || matches!(byte, b'~' | b'+' | b'=' | b',' | b'@'),
        }
    }
}

/// Whether names of users, roles and sessions may contain this character.
pub fn is_name_character(character: char) -> bool {
    character.is_ascii_alphanumeric() || "+=,.@-_".contains(character)
}
