//! Representative values of condition keys, each with the statements that it leaves.

use std::collections::{BTreeSet, HashSet};
use std::rc::Rc;

use pinpoint_iam::condition::Condition;
use pinpoint_iam::context::{ConditionKey, Context, Value};
use pinpoint_iam::eval::Truth;

use crate::bits::Bits;
use crate::keys::{Held, OnKey, With, values};
use crate::result::KeyValue;

use super::{Fold, MOST_STEPS_OF_A_DIMENSION};

/// One value of a dimension, with the cells that can still match.
#[derive(Clone, Debug)]
pub(super) struct Entry {
    pub(super) alive: Bits,
    pub(super) keys: Vec<(String, KeyValue)>,
    pub(super) cost: usize,
}

impl<'a> Fold<'a> {
    /// Returns the condition keys of these cells.
    pub(super) fn keys_of(&self, alive: &Bits) -> Vec<ConditionKey> {
        let mut keys: Vec<ConditionKey> = Vec::new();
        for cell in alive.iter().filter_map(|index| self.cells.get(index)) {
            for condition in cell.statement().conditions() {
                if !keys.contains(condition.key()) {
                    keys.push(condition.key().clone());
                }
            }
        }
        keys
    }

    /// Returns the conditions on a key in these cells.
    pub(super) fn on_key(&self, key: &ConditionKey, alive: &Bits) -> Vec<(usize, OnKey<'a>)> {
        let mut on = Vec::new();
        for index in alive.iter() {
            let Some(cell) = self.cells.get(index) else {
                continue;
            };
            let statement = cell.statement();
            for condition in statement
                .conditions()
                .iter()
                .filter(|condition| condition.key() == key)
            {
                on.push((
                    index,
                    OnKey {
                        condition,
                        effect: statement.effect(),
                    },
                ));
            }
        }
        on
    }

    /// Returns representative values of a condition key, or of keys that depend on each other.
    pub(super) fn entries(
        &mut self,
        dimension: &[ConditionKey],
        alive: &Bits,
        context: &Context,
    ) -> Rc<Vec<Entry>> {
        let on: Vec<Vec<(usize, OnKey<'a>)>> = dimension
            .iter()
            .map(|key| self.on_key(key, alive))
            .collect();
        // Without variables, the result does not depend on the other keys. Only such results are remembered.
        let all = || on.iter().flatten();
        let is_constant = all().all(|(_, on)| on.condition.keys().count() == 1);
        let first = dimension.first().map_or("", |key| key.folded());
        let key = (
            first.to_owned(),
            all().map(|(index, _)| *index).collect::<Vec<_>>(),
        );
        if let Some(known) = self.known_entries.get(&key) {
            return Rc::clone(known);
        }
        let values_of: Vec<Vec<Option<KeyValue>>> = match (dimension, on.as_slice()) {
            ([key], [on]) => {
                let conditions: Vec<OnKey<'a>> = on.iter().map(|(_, on)| *on).collect();
                let found = values(
                    key,
                    &conditions,
                    &[],
                    context,
                    MOST_STEPS_OF_A_DIMENSION,
                    self.space.has_values_of_any_type,
                );
                self.spend(found.steps);
                if let Some(reason) = found.inexact {
                    self.note(on.first().map(|(index, _)| *index), reason);
                }
                found.lists.into_iter().map(|list| vec![list]).collect()
            }
            _ => self.instants(&on, context),
        };
        let mut entries: Vec<Entry> = Vec::new();
        let mut known: HashSet<Bits> = HashSet::new();
        for lists in values_of {
            let mut left = Bits::all(self.cells.len());
            let mut keys = Vec::new();
            let mut cost = 0;
            for ((key, on), list) in dimension.iter().zip(&on).zip(lists) {
                let facts = With {
                    key,
                    held: list.as_ref().map(|value| Held::of(key, value)),
                    others: context,
                };
                for (index, on) in on {
                    if on.condition.evaluate(&facts, on.effect).truth != Truth::True {
                        left.remove(*index);
                    }
                }
                if let Some(list) = list {
                    cost += 200
                        + list
                            .as_slice()
                            .iter()
                            .map(|value| value.len() + 8)
                            .sum::<usize>();
                    keys.push((key.as_str().to_owned(), list));
                }
            }
            if known.insert(left.clone()) {
                entries.push(Entry {
                    alive: left,
                    keys,
                    cost,
                });
            }
        }
        let entries = Rc::new(entries);
        if is_constant {
            self.known_entries.insert(key, Rc::clone(&entries));
        }
        entries
    }

    /// Returns the values of keys that denote the same point in time.
    pub(super) fn instants(
        &mut self,
        on: &[Vec<(usize, OnKey<'a>)>],
        context: &Context,
    ) -> Vec<Vec<Option<KeyValue>>> {
        let all: Vec<&Condition> = on.iter().flatten().map(|(_, on)| on.condition).collect();
        let key = ConditionKey::new(EPOCH_TIME);
        let mut seconds: BTreeSet<i128> = BTreeSet::new();
        for (_, whole) in Condition::instants(&all) {
            seconds.extend(whole);
        }
        // Numeric comparisons also use seconds.
        let numbers: Vec<OnKey<'a>> = on
            .iter()
            .flatten()
            .map(|(_, on)| *on)
            .filter(|on| on.condition.family() == pinpoint_iam::condition::samples::Family::Numbers)
            .collect();
        if !numbers.is_empty() {
            let found = values(
                &key,
                &numbers,
                &[],
                context,
                MOST_STEPS_OF_A_DIMENSION,
                false,
            );
            let texts = found.lists.iter().flatten().flat_map(KeyValue::as_slice);
            seconds.extend(texts.filter_map(|text| text.parse::<i128>().ok()));
        }
        let near: Vec<i128> = seconds
            .iter()
            .flat_map(|second| [second - 1, second + 1])
            .collect();
        seconds.extend(near);
        let is_time = |condition: &&Condition| {
            use pinpoint_iam::condition::samples::Family;
            matches!(
                condition.family(),
                Family::Dates | Family::Numbers | Family::Any
            )
        };
        if !all.iter().all(is_time) {
            self.note(
                on.iter().flatten().next().map(|(index, _)| *index),
                "the time is compared as text".to_owned(),
            );
        }
        let times = seconds
            .into_iter()
            .filter(|second| *second >= 0)
            .filter_map(|second| {
                let time = std::time::UNIX_EPOCH
                    .checked_add(std::time::Duration::from_secs(u64::try_from(second).ok()?))?;
                let text = Value::from(time).text().into_owned();
                let [text, second] = [text, second.to_string()].map(KeyValue::One);
                Some(vec![Some(text), Some(second)])
            });
        std::iter::once(vec![None, None]).chain(times).collect()
    }
}

const CURRENT_TIME: &str = "aws:CurrentTime";

const EPOCH_TIME: &str = "aws:EpochTime";

/// Groups keys that depend on each other. Most keys are in a group of their own.
pub(super) fn dimensions(keys: Vec<ConditionKey>) -> Vec<Vec<ConditionKey>> {
    let (current, epoch) = (
        ConditionKey::new(CURRENT_TIME),
        ConditionKey::new(EPOCH_TIME),
    );
    let both = keys.contains(&current) && keys.contains(&epoch);
    let mut dimensions: Vec<Vec<ConditionKey>> = Vec::new();
    for key in keys {
        if both && (key == current || key == epoch) {
            continue;
        }
        dimensions.push(vec![key]);
    }
    if both {
        dimensions.push(vec![current, epoch]);
    }
    dimensions
}
