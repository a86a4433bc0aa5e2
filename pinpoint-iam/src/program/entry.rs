//! Entries: what a program keeps of each pattern of a statement.

use super::index32::{TooLarge, to_u32};
use crate::policy::{Effect, ResourcePattern, Statement};

/// One pattern of one statement.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Entry {
    /// The number of the statement in its program.
    pub(crate) statement: u32,
    /// The number of the statement's set of actions.
    pub(crate) actions: u32,
    /// Tells apart the statements that have conditions and several entries; [`Entry::NO_SLOT`] for all others.
    pub(crate) dedup_slot: u32,
    /// The bits: kind, [`DENIES`](Self::DENIES), [`PLAIN`](Self::PLAIN), index of the pattern.
    flags: u32,
}

/// What is left to ask once the walk through the index has come to an entry.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    /// Nothing.
    Always,
    /// Whether the resource part ends here.
    AtEnd,
    /// Whether the resource part matches the last component of the pattern with this index.
    Component(usize),
    /// Whether the resource matches the pattern with this index.
    Pattern(usize),
    /// What the element as a whole says.
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

    /// Whether the statement matches as soon as its action does and the walk has come here.
    #[inline]
    pub(crate) const fn is_plain(self) -> bool {
        self.flags & Self::PLAIN != 0
    }

    /// Whether the first of two plain entries that stand side by side says all that the second does.
    pub(crate) const fn covers(self, later: Self) -> bool {
        self.is_plain() && later.is_plain() && self.flags == later.flags
    }
}

/// Whether a statement asks for nothing but action and resource. Who it names only matters to some types of policy, and a
/// program does not know of which type its policies are.
fn is_unconditional(statement: &Statement) -> bool {
    statement.conditions().is_empty() && statement.principal().is_none()
}

/// Whether the walk comes to an entry whose resource part ends where it should.
#[inline]
pub(crate) const fn is_reached(entry: Entry, at_end: bool) -> bool {
    at_end || !entry.is_at_end()
}

/// How a [`Kind::Component`] or [`Kind::Pattern`] is to be asked.
pub(crate) fn pattern(statement: &Statement, index: usize) -> Option<&ResourcePattern> {
    statement.resource()?.patterns().get(index)
}
