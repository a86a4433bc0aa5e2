//! The parts of patterns.

use std::borrow::Cow;

use super::glob::Piece;
use crate::context::{ConditionKey, ContextLookup, Lookup};

/// A part of a pattern.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Part<'p> {
    /// Literal characters; never empty.
    Text(&'p str),
    /// `?`: exactly one character.
    AnyCharacter,
    /// `*`: any run of characters, including the empty one.
    AnyRun,
    /// The value of a condition key.
    Variable(&'p Variable),
}

impl<'p> Part<'p> {
    pub(super) fn of(piece: &'p Piece<'_>) -> Self {
        match piece {
            Piece::Text(text) => Self::Text(text),
            Piece::AnyCharacter => Self::AnyCharacter,
            Piece::AnyRun => Self::AnyRun,
        }
    }
}

/// A policy variable, such as `${aws:username}` or `${aws:PrincipalTag/team, 'none'}`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Variable {
    pub(super) key: ConditionKey,
    pub(super) default: Option<Box<str>>,
}

impl Variable {
    /// The condition key whose value replaces the variable.
    pub const fn key(&self) -> &ConditionKey {
        &self.key
    }

    /// The value if the key is absent, empty or multivalued.
    pub fn default(&self) -> Option<&str> {
        self.default.as_deref()
    }

    /// What stands for the variable, by what is known of its key.
    #[doc(hidden)]
    pub fn fill<'a>(&'a self, facts: &'a (impl ContextLookup + ?Sized)) -> Filled<'a> {
        let value = match facts.lookup(&self.key) {
            Lookup::Unknown => return Filled::Unknown,
            Lookup::Present(value) => value.text(),
            Lookup::Multivalued(_) | Lookup::Absent => Cow::Borrowed(""),
        };
        if !value.is_empty() {
            return Filled::Value(value);
        }
        match &self.default {
            Some(default) => Filled::Value(Cow::Borrowed(default)),
            None => Filled::Unresolved,
        }
    }
}

/// What stands for a variable.
#[doc(hidden)]
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Filled<'a> {
    /// This text.
    Value(Cow<'a, str>),
    /// Nothing: the key has no single value and the variable no default.
    Unresolved,
    /// The key is not known yet.
    Unknown,
}
