//! Texts with positions as the protocol counts them: lines, and UTF-16 code units.

use std::ops::Range;

use serde::{Deserialize, Serialize};

/// A position in a text.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Deserialize, Serialize)]
pub struct Position {
    /// The line, counted from 0.
    pub line: usize,
    /// The number of UTF-16 code units before it on its line.
    pub character: usize,
}

/// A part of a text.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, Serialize)]
pub struct Span {
    /// Where it starts.
    pub start: Position,
    /// The end, which it does not contain.
    pub end: Position,
}

/// A text and the offsets at which its lines start.
#[derive(Clone, Debug)]
pub struct Text {
    text: String,
    starts: Vec<usize>,
}

impl Text {
    /// Finds the lines of a text.
    pub fn new(text: String) -> Self {
        let mut starts = vec![0];
        let bytes = text.as_bytes();
        for (at, byte) in bytes.iter().enumerate() {
            // A line ends with `\n`, `\r\n` or `\r`.
            let is_end = match byte {
                b'\n' => true,
                b'\r' => bytes.get(at + 1) != Some(&b'\n'),
                _ => false,
            };
            if is_end {
                starts.push(at + 1);
            }
        }
        Self { text, starts }
    }

    /// The content.
    pub fn as_str(&self) -> &str {
        &self.text
    }

    /// The position of an offset. One within a character is the position of the character.
    pub fn position(&self, offset: usize) -> Position {
        let line = self.starts.partition_point(|start| *start <= offset);
        let line = line.saturating_sub(1);
        let start = self.starts.get(line).copied().unwrap_or_default();
        let rest = self.text.get(start..).unwrap_or_default();
        let before = rest
            .char_indices()
            .take_while(|(at, character)| start + at + character.len_utf8() <= offset);
        Position {
            line,
            character: before.map(|(_, character)| character.len_utf16()).sum(),
        }
    }

    /// The positions of a part, whose offsets are in bytes.
    pub fn span(&self, range: &Range<usize>) -> Span {
        Span {
            start: self.position(range.start),
            end: self.position(range.end),
        }
    }

    /// The offset of a position. One after the end of a line is the end of the line.
    pub fn offset(&self, position: Position) -> usize {
        let Some(start) = self.starts.get(position.line).copied() else {
            return self.text.len();
        };
        let mut units = 0;
        let rest = self.text.get(start..).unwrap_or_default();
        for (at, character) in rest.char_indices() {
            if units >= position.character || matches!(character, '\n' | '\r') {
                return start + at;
            }
            units += character.len_utf16();
        }
        self.text.len()
    }

    /// Returns the text with another content in a part of it.
    #[must_use]
    pub fn with(&self, span: Span, content: &str) -> Self {
        let start = self.offset(span.start);
        let end = self.offset(span.end).max(start);
        let mut text = self.text.clone();
        text.replace_range(start..end, content);
        Self::new(text)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn positions_count_utf_16_code_units() {
        let text = Text::new("aé\r\n😀b\rc\n".to_owned());
        for (offset, line, character) in [
            (0, 0, 0),
            (1, 0, 1),
            (3, 0, 2),
            (5, 1, 0),
            (9, 1, 2),
            (10, 1, 3),
            (11, 2, 0),
            (12, 2, 1),
            (13, 3, 0),
        ] {
            let position = Position { line, character };
            assert_eq!(text.position(offset), position, "{offset}");
            assert_eq!(text.offset(position), offset, "{position:?}");
        }
        // Positions that no text has, and offsets within characters.
        assert_eq!(
            text.position(7),
            Position {
                line: 1,
                character: 0
            }
        );
        assert_eq!(
            text.position(1000),
            Position {
                line: 3,
                character: 0
            }
        );
        assert_eq!(
            text.offset(Position {
                line: 0,
                character: 99
            }),
            3
        );
        assert_eq!(
            text.offset(Position {
                line: 1,
                character: 1
            }),
            9
        );
        assert_eq!(
            text.offset(Position {
                line: 99,
                character: 0
            }),
            13
        );
    }

    #[test]
    fn a_part_is_replaced() {
        let text = Text::new("a😀\nb".to_owned());
        let at = |line, character| Position { line, character };
        let span = |start, end| Span { start, end };
        assert_eq!(text.with(span(at(0, 1), at(0, 3)), "é").as_str(), "aé\nb");
        assert_eq!(text.with(span(at(0, 3), at(1, 0)), "").as_str(), "a😀b");
        assert_eq!(text.with(span(at(1, 1), at(0, 0)), "c").as_str(), "a😀\nbc");
    }
}
