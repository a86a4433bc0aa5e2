//! The intersection of the sets of statements over all dimensions.

use std::collections::HashMap;

use pinpoint_iam::context::ConditionKey;
use pinpoint_iam::eval::PolicyType;

use crate::bits::Bits;
use crate::cells::Cell;
use crate::result::KeyValue;

use super::Fold;
use super::conditions::dimensions;
use super::variables::Assignment;

/// The maximum number of sets of statements at a time.
const MOST_SETS: usize = 20_000;

/// A partially determined request: the statements that can still match, and the values that were chosen.
#[derive(Clone, Debug)]
pub(super) struct State {
    pub(super) alive: Bits,
    pub(super) resource: String,
    /// Whether the evaluator has special rules for the resource.
    pub(super) is_special: bool,
    pub(super) keys: Vec<(String, KeyValue)>,
    pub(super) cost: usize,
}

impl<'a> Fold<'a> {
    pub(super) fn fold(&mut self, assignment: &Assignment<'_, '_>, alive: Bits) {
        let keys: Vec<ConditionKey> = self
            .keys_of(&alive)
            .into_iter()
            .filter(|key| !assignment.known.contains(key.folded()))
            .collect();
        let dimensions = dimensions(keys);
        let mut states: Vec<State> = Vec::new();
        let settled = self.settled(&alive, &dimensions);
        for (resource, left, cost, is_special) in self.resources(assignment, &alive) {
            if let Some(left) = self.settle(&left, &settled) {
                states.push(State {
                    alive: left,
                    resource,
                    is_special,
                    keys: assignment.keys.clone(),
                    cost,
                });
            }
        }
        let mut states = cheapest(states);
        for (number, dimension) in dimensions.iter().enumerate() {
            let all = states
                .iter()
                .fold(Bits::none(self.cells.len()), |all, state| {
                    all.or(&state.alive)
                });
            if states.is_empty() {
                return;
            }
            let entries = self.entries(dimension, &all, &assignment.context);
            let settled = self.settled(&alive, dimensions.get(number + 1..).unwrap_or_default());
            self.spend(states.len() * entries.len() * (16 + self.cells.len() / 2));
            if self.is_exhausted {
                return;
            }
            let mut next: HashMap<(Bits, bool), State> = HashMap::new();
            for state in &states {
                for entry in entries.iter() {
                    let Some(left) = self.settle(&state.alive.and(&entry.alive), &settled) else {
                        continue;
                    };
                    let cost = state.cost + entry.cost;
                    let class = (left.clone(), state.is_special);
                    match next.get(&class) {
                        Some(known) if known.cost <= cost => {}
                        _ => {
                            let mut keys = state.keys.clone();
                            keys.extend(entry.keys.iter().cloned());
                            let state = State {
                                alive: left,
                                resource: state.resource.clone(),
                                is_special: state.is_special,
                                keys,
                                cost,
                            };
                            next.insert(class, state);
                        }
                    }
                }
                if next.len() > MOST_SETS {
                    self.is_exhausted = true;
                    return;
                }
            }
            states = next.into_values().collect();
            // Without an order, two runs could report different witnesses.
            states.sort_by(|left, right| {
                (left.cost, &left.resource, &left.keys).cmp(&(
                    right.cost,
                    &right.resource,
                    &right.keys,
                ))
            });
        }
        for state in states {
            self.conclude(assignment, &state);
        }
    }

    /// Returns the cells that do not depend on any of the dimensions. Whether they match is known.
    pub(super) fn settled(&self, alive: &Bits, dimensions: &[Vec<ConditionKey>]) -> Bits {
        let mut settled = alive.clone();
        for index in alive.iter() {
            let Some(cell) = self.cells.get(index) else {
                continue;
            };
            let mut conditions = cell.statement().conditions().iter();
            if conditions.any(|condition| {
                dimensions
                    .iter()
                    .flatten()
                    .any(|key| key == condition.key())
            }) {
                settled.remove(index);
            }
        }
        settled
    }

    /// Removes cells that can no longer change the decision. Returns `None` if both sides decide the same in any case.
    ///
    /// A matching `Deny` determines the decision of its side. A matching `Allow` makes the others of its list redundant.
    pub(super) fn settle(&self, alive: &Bits, settled: &Bits) -> Option<Bits> {
        let mut left = alive.clone();
        let matching = alive.and(settled);
        let mut denied = [false, false];
        for cell in matching
            .iter()
            .filter_map(|index| self.cells.get(index))
            .filter(|cell| cell.is_deny())
        {
            for (side, denied) in denied.iter_mut().enumerate() {
                *denied |= cell.is_on(side);
            }
        }
        match denied {
            [true, true] => return None,
            [true, false] => {
                left = left
                    .without(&self.on_first.without(&self.on_second))
                    .or(&self.denies(&matching))
            }
            [false, true] => {
                left = left
                    .without(&self.on_second.without(&self.on_first))
                    .or(&self.denies(&matching))
            }
            [false, false] => {}
        }
        for index in matching.iter() {
            let Some(cell) = self.cells.get(index) else {
                continue;
            };
            if cell.is_deny() || names_principals(cell.policy_type()) || !left.contains(index) {
                continue;
            }
            for other in left.clone().iter() {
                let Some(it) = self.cells.get(other) else {
                    continue;
                };
                let is_redundant = other != index
                    && !it.is_deny()
                    && it.place.layer == cell.place.layer
                    && it.policy_type() == cell.policy_type()
                    && (0..2).all(|side| cell.is_on(side) || !it.is_on(side))
                    // If two cells match, the first is kept.
                    && !(matching.contains(other) && other < index && (0..2).all(|side| it.is_on(side) || !cell.is_on(side)));
                if is_redundant {
                    left.remove(other);
                }
            }
        }
        self.is_of_interest(&left).then_some(left)
    }

    /// Returns the cells that deny.
    pub(super) fn denies(&self, cells: &Bits) -> Bits {
        let mut denies = Bits::none(self.cells.len());
        for index in cells.iter() {
            if self.cells.get(index).is_some_and(Cell::is_deny) {
                denies.insert(index);
            }
        }
        denies
    }
}

fn cheapest(states: Vec<State>) -> Vec<State> {
    let mut known: HashMap<(Bits, bool), usize> = HashMap::new();
    let mut kept: Vec<State> = Vec::new();
    for state in states {
        let class = (state.alive.clone(), state.is_special);
        match known.get(&class) {
            Some(index) => {
                if let Some(other) = kept.get_mut(*index)
                    && state.cost < other.cost
                {
                    *other = state;
                }
            }
            None => {
                known.insert(class, kept.len());
                kept.push(state);
            }
        }
    }
    kept
}

fn names_principals(policy_type: PolicyType) -> bool {
    matches!(
        policy_type,
        PolicyType::Resource | PolicyType::ResourceControl | PolicyType::VpcEndpoint
    )
}
