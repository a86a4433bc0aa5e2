//! What is wrong with a document, and where.

use std::fmt;

use crate::pattern::PatternError;

/// A place in the text of a document.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Position {
    line: u32,
    column: u32,
}

impl Position {
    /// The first character of a text.
    pub(crate) const START: Self = Self { line: 1, column: 1 };

    /// The place behind so many lines, and behind so many characters of the last one.
    pub(crate) fn behind_start(lines: usize, characters: usize) -> Self {
        Self {
            line: advance(1, lines),
            column: advance(1, characters),
        }
    }

    /// The place `passed` characters further on.
    pub(crate) fn behind(self, passed: &str) -> Self {
        match passed.rsplit_once('\n') {
            Some((lines, last)) => Self {
                line: advance(self.line, 1 + lines.matches('\n').count()),
                column: advance(1, last.chars().count()),
            },
            None => Self {
                line: self.line,
                column: advance(self.column, passed.chars().count()),
            },
        }
    }

    /// The line, counted from 1.
    pub const fn line(&self) -> usize {
        self.line as usize
    }

    /// The column, counted in characters from 1.
    pub const fn column(&self) -> usize {
        self.column as usize
    }
}

impl fmt::Display for Position {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "line {}, column {}", self.line, self.column)
    }
}

/// Stops at four thousand million, which no text that is read in earnest has of either.
fn advance(number: u32, by: usize) -> u32 {
    number.saturating_add(u32::try_from(by).unwrap_or(u32::MAX))
}

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
