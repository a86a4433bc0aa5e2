//! Sets of characters.

use crate::resource::Accepts;

/// The characters of one step.
#[derive(Clone, Copy, Debug)]
pub(super) enum Characters {
    All,
    /// All but the slash.
    Unslashed,
    One(char),
    /// Those that stand in an id as they are, save the dot.
    Undotted(Accepts),
    /// A digit of an encoded byte.
    UpperHexadecimal,
}

impl Characters {
    /// No character behind this one is contained, unless there is no bound.
    pub(super) const fn last(self) -> char {
        match self {
            Self::All | Self::Unslashed => char::MAX,
            Self::One(one) => one,
            Self::Undotted(_) | Self::UpperHexadecimal => '~',
        }
    }

    pub(super) fn contain(self, character: char) -> bool {
        match self {
            Self::All => true,
            Self::Unslashed => character != '/',
            Self::One(one) => one == character,
            Self::Undotted(accepts) => character != '.' && accepts.keeps(character),
            Self::UpperHexadecimal => matches!(character, '0'..='9' | 'A'..='F'),
        }
    }
}
