//! Which policies always stand together.

use std::collections::HashMap;

use super::index32::{TooLarge, to_u32};
use crate::eval::stack::Policy;

/// Lists of policies, cut into **runs**: stretches of policies that stand in the same order in every list that has one of
/// them.
///
/// Each policy is in exactly one run, so that one index for a run never costs more than one for each of its policies, and a
/// list is a sequence of whole runs, so that the order of statements is kept. What one user alone has is one run, however
/// many policies that are; what everybody has in common is one run too.
#[derive(Debug, Default)]
pub(super) struct PolicyGroups {
    policies: Vec<Policy>,
    numbers: HashMap<usize, usize>,
    links: Vec<Links>,
}

/// What stands next to a policy.
#[derive(Clone, Copy, Debug, Default)]
struct Links {
    before: Adjacency,
    after: Adjacency,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum Adjacency {
    /// No list was seen yet.
    #[default]
    Unseen,
    /// In every list, this policy; or nothing, as the end of the list.
    Always(Option<usize>),
    /// Not the same in every list.
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
    /// Adds a list; a policy stands in it once.
    pub(super) fn add(&mut self, list: &[Policy]) {
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

    /// The policies of each run, and for each policy that starts one the number of the run.
    pub(super) fn cut(self) -> Result<GroupPartition, TooLarge> {
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

    /// The policy that follows on this one wherever one of the two stands.
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

/// The runs of many lists.
#[derive(Debug, Default)]
pub(super) struct GroupPartition {
    pub(super) runs: Vec<Vec<Policy>>,
    starts: HashMap<usize, u32>,
}

impl GroupPartition {
    /// The runs that a list consists of.
    pub(super) fn groups_of(&self, list: &[Policy]) -> Box<[u32]> {
        list.iter()
            .filter_map(|policy| self.starts.get(&policy.address()).copied())
            .collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::policy::Document;

    /// The runs of lists of policies with one-letter names, as texts; and each list as its runs.
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
