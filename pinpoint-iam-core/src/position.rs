//! Positions in the text of a document.

use std::fmt;

/// A position in the text of a document.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Position {
    line: u32,
    column: u32,
}

impl Position {
    /// The first character of a text.
    pub(crate) const START: Self = Self { line: 1, column: 1 };

    /// The position after this number of lines, and after this number of characters in the last one.
    pub(crate) fn behind_start(lines: usize, characters: usize) -> Self {
        Self {
            line: advance(1, lines),
            column: advance(1, characters),
        }
    }

    /// The position after the text `passed`.
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

/// Saturates at `u32::MAX`, which no realistic text reaches.
fn advance(number: u32, by: usize) -> u32 {
    number.saturating_add(u32::try_from(by).unwrap_or(u32::MAX))
}
