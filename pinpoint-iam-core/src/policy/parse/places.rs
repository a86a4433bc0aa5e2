//! Converts offsets in a text to lines and columns.

use super::super::error::Place;
use crate::position::Position;

/// Converts offsets to lines and columns without reading the text for each of them.
pub(super) struct Places {
    /// The offset of each line after the first.
    lines: Vec<usize>,
    /// The offsets of UTF-8 continuation bytes.
    continuations: Vec<usize>,
}

impl Places {
    pub(super) fn of(source: &str) -> Self {
        let bytes = source.bytes().enumerate();
        let continuations = bytes.filter(|(_, byte)| byte & 0b1100_0000 == 0b1000_0000);
        Self {
            lines: source.match_indices('\n').map(|(end, _)| end + 1).collect(),
            continuations: match source.is_ascii() {
                true => Vec::new(),
                false => continuations.map(|(offset, _)| offset).collect(),
            },
        }
    }

    /// The place of a character, from its offset in bytes from the start of the text.
    pub(super) fn of_offset(&self, offset: usize) -> Place {
        let before = |places: &[usize], end| places.partition_point(|place| *place < end);
        let lines = before(&self.lines, offset + 1);
        let start = lines.checked_sub(1).and_then(|last| self.lines.get(last));
        let start = start.copied().unwrap_or_default();
        let continued = before(&self.continuations, offset) - before(&self.continuations, start);
        Place(Position::behind_start(lines, offset - start - continued))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::json;

    #[test]
    fn places_are_those_that_counting_gives() {
        for source in ["", "a", "\n", "ab\n\ncd\r\n\té", "é\nüö ab\nß", "äöü"] {
            let places = Places::of(source);
            for (offset, _) in source.char_indices() {
                let counted = json::position(source, offset);
                assert_eq!(places.of_offset(offset).0, counted, "{source:?} {offset}");
            }
        }
    }
}
