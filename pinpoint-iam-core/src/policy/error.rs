//! Errors in documents, with their positions.

use std::fmt;

use crate::pattern::PatternError;
use crate::position::Position;

/// The position of an element in its document. All places are equal, because they are not part of the content.
#[derive(Clone, Copy, Debug)]
pub(super) struct Place(pub(super) Position);

impl PartialEq for Place {
    fn eq(&self, _: &Self) -> bool {
        true
    }
}

impl Eq for Place {}

/// The reason why a document is rejected: the position, what is wrong there, and what to do about it.
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

    /// The position of the error.
    pub const fn position(&self) -> Position {
        self.position
    }

    /// The line of the error, counted from 1.
    pub const fn line(&self) -> usize {
        self.position.line()
    }

    /// The column of the error, counted in characters from 1.
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

    /// What is wrong and what to do about it, without the position: `message; hint`.
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

/// An error within one string of a document. The parser knows the position of the string.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct TextError {
    /// In bytes from the start of the string; `None` for an error of the whole string.
    pub(super) offset: Option<usize>,
    pub(super) message: String,
    pub(super) hint: String,
}

impl TextError {
    /// An error of the whole string.
    pub(super) fn new(message: impl Into<String>, hint: impl Into<String>) -> Self {
        Self {
            offset: None,
            message: message.into(),
            hint: hint.into(),
        }
    }

    /// The same error at an offset in the string.
    pub(super) fn at(self, offset: usize) -> Self {
        Self {
            offset: Some(offset),
            ..self
        }
    }
}

impl From<&PatternError> for TextError {
    fn from(error: &PatternError) -> Self {
        Self {
            offset: Some(error.offset()),
            message: error.message().to_owned(),
            hint: error.hint().to_owned(),
        }
    }
}
