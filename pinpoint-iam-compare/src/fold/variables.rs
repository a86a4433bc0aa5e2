//! Values for the condition keys of variables, one key at a time.

use std::collections::BTreeSet;

use pinpoint_iam::condition::Condition;
use pinpoint_iam::context::{ConditionKey, Context};
use pinpoint_iam::eval::Truth;

use crate::bits::Bits;
use crate::callers::Caller;
use crate::cells::Cell;
use crate::keys::{OnKey, values};
use crate::result::KeyValue;

use super::actions::Action;
use super::{Fold, MOST_STEPS_OF_A_DIMENSION};

/// The known parts of the examined requests.
pub(super) struct Assignment<'s, 'c> {
    pub(super) action: &'s Action<'c>,
    pub(super) caller: &'s Caller,
    pub(super) context: Context,
    /// The keys with known values, in lower case. Those missing from `context` are absent.
    pub(super) known: BTreeSet<String>,
    pub(super) keys: Vec<(String, KeyValue)>,
}

impl<'a> Fold<'a> {
    /// Returns the condition keys of the variables in these cells.
    pub(super) fn variables(&self, alive: &Bits) -> Vec<ConditionKey> {
        let mut keys: Vec<ConditionKey> = Vec::new();
        let mut push = |key: &ConditionKey| {
            if !keys.contains(key) {
                keys.push(key.clone());
            }
        };
        for cell in alive.iter().filter_map(|index| self.cells.get(index)) {
            for pattern in cell.resource_patterns() {
                pattern
                    .variables()
                    .for_each(|variable| push(variable.key()));
            }
            for condition in cell.statement().conditions() {
                condition.keys().skip(1).for_each(&mut push);
            }
        }
        keys
    }

    /// Returns the condition keys that conditions of these cells compare with variables.
    pub(super) fn keys_compared_with_variables(&self, alive: &Bits) -> Vec<ConditionKey> {
        let cells = alive.iter().filter_map(|index| self.cells.get(index));
        let conditions = cells.flat_map(|cell| cell.statement().conditions());
        let compared = conditions.filter(|condition| condition.keys().nth(1).is_some());
        compared.map(|condition| condition.key().clone()).collect()
    }

    /// Tries all values of the next unknown variable, then all values of the other dimensions.
    pub(super) fn assign(&mut self, assignment: &mut Assignment<'_, '_>, alive: &Bits) {
        if self.is_exhausted {
            return;
        }
        let next = self
            .variables(alive)
            .into_iter()
            .find(|key| !assignment.known.contains(key.folded()));
        let Some(key) = next else {
            let alive = self.after_keys(alive, &assignment.context, &assignment.known);
            if self.is_of_interest(&alive) {
                self.fold(assignment, alive);
            }
            return;
        };
        // Every pattern is compared with every other pattern, at every position.
        let patterns = alive.iter().filter_map(|index| self.cells.get(index));
        let patterns = patterns.flat_map(Cell::resource_patterns);
        let size: usize = patterns.map(|pattern| pattern.as_str().len()).sum();
        self.spend(2048 + self.cells.len() * self.cells.len() * 24 + size * 8);
        let (slices, inexact) = self.slices(&key, alive, &assignment.context);
        // Each is compared with those that were found before.
        self.spend(slices.len() * slices.len() * 4);
        let conditions = self.on_key(&key, alive);
        let on_key: Vec<OnKey<'a>> = conditions.iter().map(|(_, on)| *on).collect();
        let found = values(
            &key,
            &on_key,
            &slices,
            &assignment.context,
            MOST_STEPS_OF_A_DIMENSION,
            self.space.has_values_of_any_type,
        );
        self.spend(found.steps);
        let first = self.cells_with_variable(&key, alive).first().copied();
        for (cell, reason) in inexact
            .into_iter()
            .chain(found.inexact.map(|reason| (first.unwrap_or(0), reason)))
        {
            self.note(Some(cell), reason);
        }
        assignment.known.insert(key.folded().to_owned());
        for list in found.lists {
            let before = assignment.context.clone();
            let length = assignment.keys.len();
            if let Some(list) = list {
                list.insert_into(&mut assignment.context, key.as_str());
                assignment.keys.push((key.as_str().to_owned(), list));
            }
            self.assign(assignment, alive);
            assignment.context = before;
            assignment.keys.truncate(length);
        }
        assignment.known.remove(key.folded());
    }

    pub(super) fn cells_with_variable(&self, key: &ConditionKey, alive: &Bits) -> Vec<usize> {
        let has = |cell: &Cell<'_>| {
            let mut patterns = cell.resource_patterns().into_iter();
            let mut conditions = cell.statement().conditions().iter();
            patterns.any(|pattern| pattern.variables().any(|variable| variable.key() == key))
                || conditions.any(|condition| condition.keys().skip(1).any(|other| other == key))
        };
        alive
            .iter()
            .filter(|index| self.cells.get(*index).is_some_and(has))
            .collect()
    }

    /// Returns the remaining cells after evaluating the conditions whose keys are all known.
    pub(super) fn after_keys(
        &self,
        alive: &Bits,
        context: &Context,
        known: &BTreeSet<String>,
    ) -> Bits {
        let mut left = alive.clone();
        for index in alive.iter() {
            let Some(cell) = self.cells.get(index) else {
                continue;
            };
            let statement = cell.statement();
            let fails = |condition: &Condition| {
                let is_known = condition.keys().all(|key| known.contains(key.folded()));
                is_known && condition.evaluate(context, statement.effect()).truth != Truth::True
            };
            if statement.conditions().iter().any(fails) {
                left.remove(index);
            }
        }
        left
    }
}
