//! What is wrong with a document, and where.

use std::fmt;

use crate::pattern::PatternError;
use crate::position::Position;

/// Where something was written. All places are equal: they are no part of what a document says.
#[derive(Clone, Copy, Debug)]
pub(super) struct Place(pub(super) Position);

impl PartialEq for Place {
    fn eq(&self, _: &Self) -> bool {
        true
    }
}

impl Eq for Place {}

/// Why a document is refused: the place, what is wrong there, and what to do about it.
///
/// Displayed as ``line 3, column 14: unknown member `Efect`; did you mean `Effect`?``
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ParseError {
    position: Position,
    message: String,
    hint: String,
}

impl ParseError {
    pub(super) fn new(
        position: Position,
        message: impl Into<String>,
        hint: impl Into<String>,
    ) -> Self {
        Self {
            position,
            message: message.into(),
            hint: hint.into(),
        }
    }

    /// The place of the fault.
    pub const fn position(&self) -> Position {
        self.position
    }

    /// The line of the fault, counted from 1.
    pub const fn line(&self) -> usize {
        self.position.line()
    }

    /// The column of the fault, counted in characters from 1.
    pub const fn column(&self) -> usize {
        self.position.column()
    }

    /// What is wrong.
    pub fn message(&self) -> &str {
        &self.message
    }

    /// What to do about it.
    pub fn hint(&self) -> &str {
        &self.hint
    }

    /// What is wrong and what to do about it, without the place: `message; hint`.
    pub fn explanation(&self) -> String {
        format!("{}; {}", self.message, self.hint)
    }
}

impl fmt::Display for ParseError {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            formatter,
            "{}: {}; {}",
            self.position, self.message, self.hint
        )
    }
}

impl std::error::Error for ParseError {}

/// A fault within one string of a document; the reader knows where the string stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Flaw {
    /// In bytes from the start of the string; nothing for a fault of the string as a whole.
    pub(super) offset: Option<usize>,
    pub(super) message: String,
    pub(super) hint: String,
}

impl Flaw {
    /// A fault of the string as a whole.
    pub(super) fn new(message: impl Into<String>, hint: impl Into<String>) -> Self {
        Self {
            offset: None,
            message: message.into(),
            hint: hint.into(),
        }
    }

    /// The same fault at a place in the string.
    pub(super) fn at(self, offset: usize) -> Self {
        Self {
            offset: Some(offset),
            ..self
        }
    }
}

impl From<&PatternError> for Flaw {
    fn from(error: &PatternError) -> Self {
        Self {
            offset: Some(error.offset()),
            message: error.message().to_owned(),
            hint: error.hint().to_owned(),
        }
    }
}
