//! Groups of policies that always occur together.

use std::collections::HashMap;

use super::index32::{TooLarge, to_u32};
use crate::policy_stack::Policy;

/// Partitions lists of policies into **groups**: sequences of policies that occur in the same order in every list that
/// contains one of them.
///
/// Each policy is in exactly one group, so one index per group never costs more than one index per policy. A list is a
/// sequence of complete groups, which preserves the order of statements. The policies that only one user has form one
/// group, however many they are, and so do the policies that all users share.
#[derive(Debug, Default)]
pub(crate) struct PolicyGroups {
    policies: Vec<Policy>,
    numbers: HashMap<usize, usize>,
    links: Vec<Links>,
}

/// The neighbors of a policy in its lists.
#[derive(Clone, Copy, Debug, Default)]
struct Links {
    before: Adjacency,
    after: Adjacency,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum Adjacency {
    /// No list yet.
    #[default]
    Unseen,
    /// In every list this policy, or `None` for the end of the list.
    Always(Option<usize>),
    /// Different in some lists.
    Varies,
}

impl Adjacency {
    fn meet(&mut self, neighbour: Option<usize>) {
        let found = Self::Always(neighbour);
        if *self == Self::Unseen {
            *self = found;
        } else if *self != found {
            *self = Self::Varies;
        }
    }
}

impl PolicyGroups {
    /// Adds a list. It must not contain a policy twice.
    pub(crate) fn add(&mut self, list: &[Policy]) {
        let numbers: Vec<usize> = list.iter().map(|policy| self.number_of(policy)).collect();
        for (position, own) in numbers.iter().enumerate() {
            let before = position
                .checked_sub(1)
                .and_then(|position| numbers.get(position));
            let after = numbers.get(position + 1);
            if let Some(links) = self.links.get_mut(*own) {
                links.before.meet(before.copied());
                links.after.meet(after.copied());
            }
        }
    }

    fn number_of(&mut self, policy: &Policy) -> usize {
        let next = self.policies.len();
        let number = *self.numbers.entry(policy.address()).or_insert(next);
        if number == next {
            self.policies.push(policy.clone());
            self.links.push(Links::default());
        }
        number
    }

    /// Returns the policies of each group. Each policy that starts a group is mapped to the index of the group.
    pub(crate) fn cut(self) -> Result<GroupPartition, TooLarge> {
        let mut cut = GroupPartition::default();
        for (own, policy) in self.policies.iter().enumerate() {
            if self.continues(own) {
                continue;
            }
            cut.starts.insert(policy.address(), to_u32(cut.runs.len())?);
            let mut run = vec![policy.clone()];
            let mut last = own;
            while let Some(next) = self.next(last) {
                run.extend(self.policies.get(next).cloned());
                last = next;
            }
            cut.runs.push(run);
        }
        Ok(cut)
    }

    /// The policy that follows this one in every list that contains either of them.
    fn next(&self, own: usize) -> Option<usize> {
        let Adjacency::Always(Some(next)) = self.links.get(own)?.after else {
            return None;
        };
        let before = self.links.get(next)?.before;
        (before == Adjacency::Always(Some(own))).then_some(next)
    }

    fn continues(&self, own: usize) -> bool {
        match self.links.get(own).map(|links| links.before) {
            Some(Adjacency::Always(Some(before))) => self.next(before) == Some(own),
            _ => false,
        }
    }
}

/// The groups of many lists.
#[derive(Debug, Default)]
pub(crate) struct GroupPartition {
    pub(crate) runs: Vec<Vec<Policy>>,
    starts: HashMap<usize, u32>,
}

impl GroupPartition {
    /// Returns the groups that a list consists of.
    pub(crate) fn groups_of(&self, list: &[Policy]) -> Box<[u32]> {
        list.iter()
            .filter_map(|policy| self.starts.get(&policy.address()).copied())
            .collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::policy::Document;

    /// Returns the groups of lists of policies with one-letter names as texts, and the groups of each list.
    fn runs(lists: &[&str]) -> (Vec<String>, Vec<String>) {
        let mut policies = HashMap::new();
        let lists: Vec<Vec<Policy>> = lists
            .iter()
            .map(|list| {
                list.chars()
                    .map(|name| {
                        let new = || Policy::new(&name.to_string(), Document::deny_everything());
                        policies.entry(name).or_insert_with(new).clone()
                    })
                    .collect()
            })
            .collect();
        let mut all = PolicyGroups::default();
        for list in &lists {
            all.add(list);
        }
        let cut = all.cut().unwrap();
        let names: Vec<String> = cut
            .runs
            .iter()
            .map(|run| run.iter().map(Policy::name).collect())
            .collect();
        let put_together = lists
            .iter()
            .map(|list| {
                cut.groups_of(list)
                    .iter()
                    .map(|run| names[*run as usize].as_str())
                    .collect()
            })
            .collect();
        (names, put_together)
    }

    #[test]
    fn lists_are_cut_where_they_differ() {
        for (lists, expected) in [
            (&["abc"][..], &["abc"][..]),
            (&["abc", "abc", ""], &["abc"]),
            (&["ab", "abc"], &["ab", "c"]),
            (&["ab", "ba"], &["a", "b"]),
            (&["abcd", "xbcy", "bcz"], &["a", "bc", "d", "x", "y", "z"]),
            (&["abc", "b"], &["a", "b", "c"]),
            (&["abc", "ac"], &["a", "b", "c"]),
            (&["abcde", "dexyab"], &["ab", "c", "de", "xy"]),
            (&["ab", "bc", "ca"], &["a", "b", "c"]),
            (&[], &[]),
        ] {
            let (names, put_together) = runs(lists);
            assert_eq!(names, expected, "{lists:?}");
            assert_eq!(put_together, lists, "{lists:?}");
        }
    }
}
