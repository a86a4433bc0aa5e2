//! From places in a text to lines and columns.

use super::super::error::{Place, Position};

/// Turns offsets into lines and columns; cheap when they come in the order of the text.
pub(super) struct Places<'s> {
    source: &'s str,
    statement: Mark,
    last: Mark,
}

#[derive(Clone, Copy)]
struct Mark {
    offset: usize,
    position: Position,
}

impl<'s> Places<'s> {
    pub(super) fn of(source: &'s str) -> Self {
        let start = Mark {
            offset: 0,
            position: Position::START,
        };
        Self {
            source,
            statement: start,
            last: start,
        }
    }

    pub(super) fn of_offset(&mut self, offset: usize) -> Place {
        let marks = [self.last, self.statement];
        let near = marks.into_iter().find(|mark| mark.offset <= offset);
        let mark = near.unwrap_or(Mark {
            offset: 0,
            position: Position::START,
        });
        let passed = self.source.get(mark.offset..offset).unwrap_or_default();
        self.last = Mark {
            offset,
            position: mark.position.behind(passed),
        };
        Place(self.last.position)
    }

    /// Members of a statement are read in another order than they are written, so its start is kept to go back to.
    pub(super) fn start_statement(&mut self, offset: usize) -> Place {
        let place = self.of_offset(offset);
        self.statement = self.last;
        place
    }
}
