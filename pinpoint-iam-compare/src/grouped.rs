//! Patterns, grouped by the statements or conditions that contain them.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use pinpoint_iam::pattern::classes::Atoms;

/// Patterns with their owners: the numbers of the statements or conditions of which any pattern must match.
///
/// A text is distinguished by the owners that it matches. Patterns with the same owners are therefore one group.
#[derive(Clone, Debug, Default)]
pub(crate) struct Grouped {
    known: HashMap<Atoms, usize>,
    patterns: Vec<Atoms>,
    owners: Vec<BTreeSet<usize>>,
}

/// Patterns and the group of each.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) struct Groups {
    pub(crate) patterns: Vec<Atoms>,
    pub(crate) groups: Vec<usize>,
    /// The owners of each group.
    owners: Vec<BTreeSet<usize>>,
}

impl Grouped {
    pub(crate) fn add(&mut self, pattern: Atoms, owner: usize) {
        let index = match self.known.get(&pattern) {
            Some(index) => *index,
            None => {
                self.known.insert(pattern.clone(), self.patterns.len());
                self.patterns.push(pattern);
                self.owners.push(BTreeSet::new());
                self.patterns.len() - 1
            }
        };
        if let Some(owners) = self.owners.get_mut(index) {
            owners.insert(owner);
        }
    }

    pub(crate) fn build(self) -> Groups {
        let mut numbers: BTreeMap<BTreeSet<usize>, usize> = BTreeMap::new();
        let mut owners = Vec::new();
        let groups = self.owners.into_iter().map(|of_pattern| {
            let next = numbers.len();
            *numbers.entry(of_pattern.clone()).or_insert_with(|| {
                owners.push(of_pattern);
                next
            })
        });
        let groups = groups.collect();
        Groups {
            patterns: self.patterns,
            groups,
            owners,
        }
    }
}

impl Groups {
    /// Returns the groups with an owner that `is_wanted`.
    pub(crate) fn of_owners(&self, is_wanted: impl Fn(usize) -> bool) -> Vec<usize> {
        let groups = self.owners.iter().enumerate();
        groups
            .filter(|(_, owners)| owners.iter().any(|owner| is_wanted(*owner)))
            .map(|(group, _)| group)
            .collect()
    }
}
