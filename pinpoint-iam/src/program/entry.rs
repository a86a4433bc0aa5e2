//! Entries of an index, one for each pattern of a statement.

use super::index32::{TooLarge, to_u32};
use crate::policy::{Effect, ResourcePattern, Statement};

/// One pattern of one statement.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Entry {
    /// The index of the statement in its program.
    pub(crate) statement: u32,
    /// The index of the statement's action set.
    pub(crate) actions: u32,
    /// Identifies a statement that has conditions and several entries; [`Entry::NO_SLOT`] for all others.
    pub(crate) dedup_slot: u32,
    /// The bits: kind, [`DENIES`](Self::DENIES), [`PLAIN`](Self::PLAIN), index of the pattern.
    flags: u32,
}

/// The test that remains after the walk through the index has reached an entry.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    /// No test.
    Always,
    /// The resource part ends here.
    AtEnd,
    /// The resource part matches the last component of the pattern with this index.
    Component(usize),
    /// The resource matches the pattern with this index.
    Pattern(usize),
    /// The element as a whole matches.
    Element,
}

impl Entry {
    pub(crate) const NO_SLOT: u32 = u32::MAX;

    const KINDS: u32 = 0b111;
    const DENIES: u32 = 0b1000;
    const PLAIN: u32 = 0b1_0000;
    const INDEX_SHIFT: u32 = 5;

    pub(super) fn new(
        statement: u32,
        actions: u32,
        repeats: u32,
        kind: Kind,
        of: &Statement,
    ) -> Result<Self, TooLarge> {
        let (bits, index) = match kind {
            Kind::Always => (0, 0),
            Kind::AtEnd => (1, 0),
            Kind::Component(index) => (2, index),
            Kind::Pattern(index) => (3, index),
            Kind::Element => (4, 0),
        };
        let index = to_u32(index)?;
        if index > u32::MAX >> Self::INDEX_SHIFT {
            return Err(TooLarge::ERROR);
        }
        let mut how = bits | index << Self::INDEX_SHIFT;
        if of.effect() == Effect::Deny {
            how |= Self::DENIES;
        }
        if matches!(kind, Kind::Always | Kind::AtEnd) && is_unconditional(of) {
            how |= Self::PLAIN;
        }
        Ok(Self {
            statement,
            actions,
            dedup_slot: repeats,
            flags: how,
        })
    }

    #[inline]
    pub(crate) const fn kind(self) -> Kind {
        let index = (self.flags >> Self::INDEX_SHIFT) as usize;
        match self.flags & Self::KINDS {
            0 => Kind::Always,
            1 => Kind::AtEnd,
            2 => Kind::Component(index),
            3 => Kind::Pattern(index),
            _ => Kind::Element,
        }
    }

    #[inline]
    const fn is_at_end(self) -> bool {
        self.flags & Self::KINDS == 1
    }

    #[inline]
    pub(crate) const fn denies(self) -> bool {
        self.flags & Self::DENIES != 0
    }

    /// Whether the statement matches if its action matches and the walk has reached the entry.
    #[inline]
    pub(crate) const fn is_plain(self) -> bool {
        self.flags & Self::PLAIN != 0
    }

    /// Whether the first of two plain entries in a list makes the second redundant.
    pub(crate) const fn covers(self, later: Self) -> bool {
        self.is_plain() && later.is_plain() && self.flags == later.flags
    }
}

/// Whether a statement depends only on the action and the resource. A principal element matters only for some policy
/// types, and a program does not know the type of its policies.
fn is_unconditional(statement: &Statement) -> bool {
    statement.conditions().is_empty() && statement.principal().is_none()
}

/// Whether the walk reaches an entry, which may require that the resource part ends here.
#[inline]
pub(crate) const fn is_reached(entry: Entry, at_end: bool) -> bool {
    at_end || !entry.is_at_end()
}

/// Returns the pattern of a [`Kind::Component`] or [`Kind::Pattern`].
pub(crate) fn pattern(statement: &Statement, index: usize) -> Option<&ResourcePattern> {
    statement.resource()?.patterns().get(index)
}
