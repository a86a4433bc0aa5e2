//! Numbers by name, in limited memory.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

/// The maximum number of principals, and of actions, that are counted on their own.
pub(crate) const MOST_NAMES: usize = 10_000;

/// Numbers that add up.
pub(crate) trait Sum {
    /// Adds the numbers of other records.
    fn sum(&mut self, other: Self);
}

impl Sum for u64 {
    fn sum(&mut self, other: Self) {
        *self += other;
    }
}

/// Numbers by name, such as the actions with the numbers of their requests.
///
/// Memory is limited: only the first names in alphabetical order are counted on their own, so the result does not depend
/// on the order of the records.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Tally<V> {
    /// The numbers by name.
    pub by_name: BTreeMap<String, V>,
    /// The sum of the names that are not counted on their own.
    pub others: V,
}

impl<V: Default> Default for Tally<V> {
    fn default() -> Self {
        Self {
            by_name: BTreeMap::new(),
            others: V::default(),
        }
    }
}

/// Adds numbers for a name.
pub(crate) fn add_to<V: Default + Sum>(tally: &mut Tally<V>, name: &str, most: usize, numbers: V) {
    if let Some(known) = tally.by_name.get_mut(name) {
        return known.sum(numbers);
    }
    tally.by_name.insert(name.to_owned(), numbers);
    limit(tally, most);
}

/// Adds the numbers of other records.
pub(crate) fn merge<V: Default + Sum>(tally: &mut Tally<V>, other: Tally<V>, most: usize) {
    for (name, numbers) in other.by_name {
        tally.by_name.entry(name).or_default().sum(numbers);
    }
    tally.others.sum(other.others);
    limit(tally, most);
}

/// Adds the numbers of the last names to those of the others.
fn limit<V: Sum>(tally: &mut Tally<V>, most: usize) {
    // A name that is removed stays removed: the names before it were added before, and are never removed.
    while tally.by_name.len() > most
        && let Some((_, numbers)) = tally.by_name.pop_last()
    {
        tally.others.sum(numbers);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Which names are counted on their own depends on all names, and not on their order.
    #[test]
    fn names_beyond_the_limit_are_summed_up_in_any_order() {
        let names: Vec<String> = (0..50)
            .map(|number| format!("{:03}", number * 7 % 50))
            .collect();
        let mut forwards = Tally::default();
        let mut backwards = Tally::default();
        for _ in 0..2 {
            for name in &names {
                add_to(&mut forwards, name, 20, 1);
            }
        }
        for name in names.iter().rev() {
            let mut part = Tally::default();
            add_to(&mut part, name, 20, 1);
            add_to(&mut part, name, 20, 1);
            merge(&mut backwards, part, 20);
        }
        assert_eq!(forwards, backwards);
        assert_eq!(forwards.by_name.len(), 20);
        assert_eq!(forwards.by_name["000"], 2);
        assert_eq!(forwards.others, 60);
    }
}
