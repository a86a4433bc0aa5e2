//! An index from actions to the statements that cover them.
//!
//! Statements that list the same actions share a **set**. A catalog is closed, so a set in a service is a bitmap over
//! the service's actions. Patterns are matched when the policies are loaded, not for every decision.

use std::collections::HashMap;
use std::collections::hash_map::Entry as Slot;
use std::ptr;
use std::sync::Arc;

use once_cell::sync::OnceCell;

use super::action_element::doubt_about_actions;
use super::entry::Entry;
use super::index::Index;
use super::index32::{TooLarge, to_u32};
use super::names::{ActionNames, is_named};
use crate::action::{ActionMetadata, ServiceMetadata};
use crate::policy::{ActionElement, Effect, Statement};

/// The action sets of a program.
#[derive(Debug, Default)]
pub(crate) struct Actions {
    /// For each set, the index of a statement that has it.
    sets: Vec<u32>,
    tables: ActionBitmaps,
}

/// An append-only list of tables, one for each service that was requested.
#[derive(Debug, Default)]
struct ActionBitmaps(OnceCell<Box<ActionBitmap>>);

/// The action sets in one service.
#[derive(Debug)]
pub(crate) struct ActionBitmap {
    names: Arc<ActionNames>,
    /// For each set, one bit for each action.
    bits: Box<[u64]>,
    /// The number of elements of `bits` for each set.
    words: usize,
    /// For each large list and each action, the range of its entries in `chosen`.
    ranges: Box<[(u32, u32)]>,
    /// Positions in large lists.
    chosen: Box<[u32]>,
    next: ActionBitmaps,
}

/// The requested action, resolved for a program.
#[derive(Clone, Copy, Debug)]
pub(crate) enum ResolvedAction<'t> {
    /// The action with this index in the service of the table.
    InCatalog(&'t ActionBitmap, u16),
    /// An action that is not in a known catalog.
    Unlisted,
}

/// Assigns the same number to statements that list the same actions.
#[derive(Default)]
pub(crate) struct ActionSets<'p> {
    numbers: HashMap<(Effect, bool, Vec<&'p str>), u32>,
    actions: Actions,
}

impl<'p> ActionSets<'p> {
    /// Returns the number of the set of `statement`, whose index is `own`.
    pub(crate) fn number_of(
        &mut self,
        statement: &'p Statement,
        own: u32,
    ) -> Result<u32, TooLarge> {
        let element = statement.action();
        let patterns = element.patterns().iter().map(|pattern| pattern.as_str());
        let doubt = doubt_about_actions(statement);
        let key = (doubt, element.is_negated(), patterns.collect());
        match self.numbers.entry(key) {
            Slot::Occupied(known) => Ok(*known.get()),
            Slot::Vacant(free) => {
                let set = to_u32(self.actions.sets.len())?;
                self.actions.sets.push(own);
                Ok(*free.insert(set))
            }
        }
    }

    pub(crate) fn build(mut self) -> Actions {
        self.actions.sets.shrink_to_fit();
        self.actions
    }
}

impl Actions {
    /// Looks an action of a catalog up. The first request for a service makes its table.
    #[inline]
    pub(crate) fn resolve<'p>(
        &self,
        metadata: &'static ActionMetadata,
        index: &Index,
        statement: impl Fn(u32) -> Option<&'p Statement>,
    ) -> ResolvedAction<'_> {
        let service = metadata.service;
        // The metadata may be forged, because its fields are public.
        let is_the_one = service
            .actions
            .get(usize::from(metadata.index))
            .is_some_and(|known| ptr::eq(known, metadata) || known.name == metadata.name);
        if !is_the_one {
            return ResolvedAction::Unlisted;
        }
        let make = || {
            let names = Arc::new(ActionNames::of(service));
            ActionBitmap::new(names, &self.sets, index, statement)
        };
        match self.tables.get_or_make(service, make) {
            Some(table) => ResolvedAction::InCatalog(table, metadata.index),
            None => ResolvedAction::Unlisted,
        }
    }

    /// Creates the table of a service before the first request.
    pub(crate) fn prepare<'p>(
        &self,
        names: &Arc<ActionNames>,
        index: &Index,
        statement: impl Fn(u32) -> Option<&'p Statement>,
    ) {
        self.tables.get_or_make(names.service(), || {
            ActionBitmap::new(Arc::clone(names), &self.sets, index, statement)
        });
    }

    /// Resolves an action by its name.
    pub(crate) fn find(&self, prefix: &str, name: &str) -> ResolvedAction<'_> {
        let mut tables = &self.tables;
        while let Some(table) = tables.0.get() {
            let names = &table.names;
            if is_named(names.service().prefix, prefix)
                && let Some(index) = names.find(name)
            {
                return ResolvedAction::InCatalog(table, index);
            }
            tables = &table.next;
        }
        ResolvedAction::Unlisted
    }
}

impl ActionBitmaps {
    #[inline]
    fn get_or_make(
        &self,
        service: &'static ServiceMetadata,
        make: impl FnOnce() -> Result<ActionBitmap, TooLarge>,
    ) -> Option<&ActionBitmap> {
        let mut tables = self;
        while let Some(table) = tables.0.get() {
            if ptr::eq(table.names.service(), service) {
                return Some(table);
            }
            tables = &table.next;
        }
        tables.make(service, make)
    }

    #[cold]
    fn make(
        &self,
        service: &'static ServiceMetadata,
        make: impl FnOnce() -> Result<ActionBitmap, TooLarge>,
    ) -> Option<&ActionBitmap> {
        let made = Box::new(make().ok()?);
        let mut tables = self;
        let mut made = Some(made);
        loop {
            // Another thread may have added this table, or the table of another service, in the meantime.
            let table = tables.0.get_or_try_init(|| made.take().ok_or(())).ok()?;
            if ptr::eq(table.names.service(), service) {
                return Some(table);
            }
            tables = &table.next;
        }
    }
}

impl ActionBitmap {
    fn new<'p>(
        names: Arc<ActionNames>,
        sets: &[u32],
        index: &Index,
        statement: impl Fn(u32) -> Option<&'p Statement>,
    ) -> Result<Self, TooLarge> {
        let words = names.service().actions.len().div_ceil(BITS);
        let mut patterns = Patterns {
            names: &names,
            words,
            known: HashMap::new(),
        };
        let mut bits = Vec::with_capacity(sets.len() * words);
        for set in sets {
            match statement(*set) {
                Some(statement) => patterns.write(statement, &mut bits),
                // INVARIANT: every set has a statement. A set without one would contain no actions.
                None => bits.resize(bits.len() + words, 0),
            }
        }
        let mut table = Self {
            names,
            bits: bits.into(),
            words,
            ranges: Box::default(),
            chosen: Box::default(),
            next: ActionBitmaps::default(),
        };
        let mut ranges = Vec::new();
        let mut chosen = Vec::new();
        for list in index.large_lists() {
            table.choose(index.entries(list), &mut ranges, &mut chosen)?;
        }
        table.ranges = ranges.into();
        table.chosen = chosen.into();
        Ok(table)
    }

    /// Appends, for each action, the entries of a large list that can decide a request for it.
    fn choose(
        &self,
        entries: &[Entry],
        ranges: &mut Vec<(u32, u32)>,
        chosen: &mut Vec<u32>,
    ) -> Result<(), TooLarge> {
        let mut columns: Vec<(Vec<u32>, Vec<Entry>)> = Vec::new();
        columns.resize_with(self.names.service().actions.len(), Default::default);
        for (position, entry) in entries.iter().enumerate() {
            let position = to_u32(position)?;
            for (action, (column, plain)) in (0..=u16::MAX).zip(&mut columns) {
                // Among equal plain entries, only the first one decides.
                if !self.has(*entry, action) || plain.iter().any(|first| first.covers(*entry)) {
                    continue;
                }
                column.push(position);
                if entry.is_plain() {
                    plain.push(*entry);
                }
            }
        }
        // Most actions share their entries with other actions.
        let mut known: HashMap<Vec<u32>, (u32, u32)> = HashMap::new();
        for (column, _) in columns {
            let range = match known.entry(column) {
                Slot::Occupied(known) => *known.get(),
                Slot::Vacant(free) => {
                    let range = (to_u32(chosen.len())?, to_u32(free.key().len())?);
                    chosen.extend(free.key());
                    *free.insert(range)
                }
            };
            ranges.push(range);
        }
        Ok(())
    }

    /// Whether the set of `entry` contains the action.
    #[inline]
    pub(crate) fn has(&self, entry: Entry, action: u16) -> bool {
        let action = usize::from(action);
        let word = entry.actions as usize * self.words + action / BITS;
        self.bits
            .get(word)
            .is_some_and(|word| word >> (action % BITS) & 1 == 1)
    }

    /// Returns the positions of the entries of a large list that can decide a request for the action.
    pub(crate) fn chosen(&self, large: usize, action: u16) -> &[u32] {
        let actions = self.names.service().actions.len();
        let range = self.ranges.get(large * actions + usize::from(action));
        range
            .and_then(|(start, length)| {
                let start = *start as usize;
                self.chosen.get(start..start + *length as usize)
            })
            .unwrap_or_default()
    }
}

const BITS: usize = u64::BITS as usize;

/// The bitmaps of patterns, so that a pattern in many statements is matched once.
struct Patterns<'p, 'n> {
    names: &'n ActionNames,
    words: usize,
    known: HashMap<(&'p str, Effect), Box<[u64]>>,
}

impl<'p> Patterns<'p, '_> {
    /// Appends the bitmap of the actions that `statement` covers.
    fn write(&mut self, statement: &'p Statement, bits: &mut Vec<u64>) {
        let element = statement.action();
        let start = bits.len();
        bits.resize(start + self.words, 0);
        let own = bits.get_mut(start..).unwrap_or_default();
        let doubt = doubt_about_actions(statement);
        for index in 0..element.patterns().len() {
            for (own, more) in own.iter_mut().zip(self.bits(element, index, doubt)) {
                *own |= more;
            }
        }
        if element.is_negated() {
            for (index, own) in own.iter_mut().enumerate() {
                let actions = self.names.service().actions.len() - index * BITS;
                let all = u64::MAX >> BITS.saturating_sub(actions);
                *own = !*own & all;
            }
        }
    }

    fn bits(&mut self, element: &'p ActionElement, index: usize, doubt: Effect) -> &[u64] {
        let Some(pattern) = element.patterns().get(index) else {
            return &[];
        };
        let Self {
            names,
            words,
            known,
        } = self;
        known.entry((pattern.as_str(), doubt)).or_insert_with(|| {
            let service = names.service();
            let mut bits = vec![0; *words];
            let mut set = |index: u16| {
                let index = usize::from(index);
                let matches = service
                    .actions
                    .get(index)
                    .is_some_and(|action| pattern.matches(service.prefix, action.name, doubt));
                if matches && let Some(word) = bits.get_mut(index / BITS) {
                    *word |= 1 << (index % BITS);
                }
            };
            // A pattern without wildcards can only match the action with its name.
            match pattern.as_str().split_once(':') {
                Some((_, name)) if !pattern.as_str().contains(['*', '?']) => {
                    names.find_all(name).for_each(set);
                }
                _ => (0..=u16::MAX)
                    .take(service.actions.len())
                    .for_each(&mut set),
            }
            bits.into()
        })
    }
}
