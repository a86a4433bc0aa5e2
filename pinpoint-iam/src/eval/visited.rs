//! Tracks the statements that a walk has already visited.

use crate::eval::Truth;
use crate::program::Entry;

/// The statements that a walk has visited, of those that it can reach more than once.
///
/// Without this set, a statement with many resources and conditions would evaluate all its conditions for each matching
/// resource.
pub(super) struct VisitedSet {
    /// Two bits for each of the first statements.
    near: [u64; NEAR],
    /// Two bits for each further statement, if there are any.
    far: Vec<u64>,
}

const NEAR: usize = 4;
const PER_WORD: usize = 32;

/// Whether a visit can yield a new result.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Visit {
    First,
    Again,
}

impl VisitedSet {
    /// Creates a set for this number of statements.
    #[inline]
    pub(super) fn of(statements: u32) -> Self {
        let far = (statements as usize)
            .div_ceil(PER_WORD)
            .saturating_sub(NEAR);
        Self {
            near: [0; NEAR],
            far: if far == 0 { Vec::new() } else { vec![0; far] },
        }
    }

    /// Records a visit of a statement through an entry whose resource matches or may match.
    ///
    /// A statement is visited again if its resource matches and previously only may have matched, because this is a
    /// stronger result.
    #[inline]
    pub(super) fn visit(&mut self, repeats: u32, resource: Truth) -> Visit {
        if repeats == Entry::NO_SLOT {
            return Visit::First;
        }
        let repeats = repeats as usize;
        let word = repeats / PER_WORD;
        let slot = match word.checked_sub(NEAR) {
            None => self.near.get_mut(word),
            Some(far) => self.far.get_mut(far),
        };
        let Some(slot) = slot else {
            return Visit::First;
        };
        let shift = repeats % PER_WORD * 2;
        let (found, note) = match resource {
            Truth::True => (0b10, 0b11),
            Truth::Unknown | Truth::False => (0b01, 0b01),
        };
        if *slot >> shift & found != 0 {
            return Visit::Again;
        }
        *slot |= note << shift;
        Visit::First
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use Truth::{True, Unknown};
    use Visit::{Again, First};

    #[test]
    fn a_statement_is_looked_at_once_for_each_truth() {
        for statements in [1, 128, 129, 1000] {
            let mut seen = VisitedSet::of(statements);
            let last = statements - 1;
            assert_eq!(seen.visit(last, Unknown), First);
            assert_eq!(seen.visit(last, Unknown), Again);
            assert_eq!(seen.visit(last, True), First);
            assert_eq!(seen.visit(last, True), Again);
            assert_eq!(seen.visit(last, Unknown), Again);
            if last > 0 {
                assert_eq!(seen.visit(0, True), First);
                assert_eq!(seen.visit(last - 1, Unknown), First);
                assert_eq!(seen.visit(0, Unknown), Again);
            }
            assert_eq!(seen.visit(Entry::NO_SLOT, True), First);
            assert_eq!(seen.visit(Entry::NO_SLOT, True), First);
        }
    }
}
