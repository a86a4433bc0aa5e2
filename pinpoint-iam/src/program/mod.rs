//! Policies, compiled.
//!
//! A program depends on policies only, not on requests. The evaluator searches programs for the statements of a request.
//!
//! - **Actions.** The actions of a statement become one bit for each action of a catalog. An action without a catalog is
//!   compared with the patterns.
//! - **Resources.** Each pattern is an entry in a trie, at its literal prefix. The rest of the pattern is compared when a
//!   search reaches the entry. Patterns with the same partition, service, region and account share a trie.

pub(crate) mod action_element;
mod actions;
mod arn_prefix;
mod entry;
mod groups;
mod index;
mod index32;
mod list;
mod names;
mod trie;

use std::sync::Arc;

pub use index32::TooLarge;

pub(crate) use actions::ResolvedAction;
pub(crate) use arn_prefix::ResourcePrefix;
pub(crate) use entry::{Entry, Kind, is_reached, pattern};
pub(crate) use groups::PolicyGroups;
pub(crate) use index::{InPrefix, PrefixTries, ReachedLists, Visit};
pub(crate) use names::ActionNames;

use crate::action::ActionMetadata;
use crate::identity::ENRICHED_KEYS;
use crate::policy::Statement;
use crate::policy_stack::Policy;
use actions::{ActionSets, Actions};
use index::{Builder, Index};
use index32::to_u32;

/// One or more policies that always occur together, with an index over their statements.
///
/// The statements are numbered in the order of the policies. A program does not know the type of its policies: the same
/// program can be used for an identity-based policy and for a permissions boundary.
#[derive(Debug)]
pub(crate) struct Program {
    policies: Box<[Policy]>,
    /// For each policy, the number of its first statement.
    starts: Box<[u32]>,
    actions: Actions,
    index: Index,
    /// The number of statements that have conditions and several entries.
    repeating: u32,
    asks_for_completed_keys: bool,
}

impl Program {
    /// Compiles `policies`.
    pub(crate) fn compile(policies: &[Policy]) -> Result<Self, TooLarge> {
        let mut starts = Vec::with_capacity(policies.len());
        let mut sets = ActionSets::default();
        let mut builder = Builder::default();
        let mut next = 0;
        let mut repeating = 0;
        let mut asks_for_completed_keys = false;
        for policy in policies {
            starts.push(next);
            for statement in policy.document().statements() {
                let set = sets.number_of(statement, next)?;
                let repeats = if repeats(statement) {
                    repeating += 1;
                    repeating - 1
                } else {
                    Entry::NO_SLOT
                };
                builder.add(statement, next, set, repeats)?;
                asks_for_completed_keys |= asks_for_completed(statement);
                next = to_u32(next as usize + 1)?;
            }
        }
        Ok(Self {
            actions: sets.build(),
            index: builder.build()?,
            policies: policies.into(),
            starts: starts.into(),
            repeating,
            asks_for_completed_keys,
        })
    }

    /// Resolves the action patterns for a service whose requests are expected.
    pub(crate) fn prepare(&self, names: &Arc<ActionNames>) {
        self.actions
            .prepare(names, &self.index, |number| self.statement(number));
    }

    /// Returns the policy of a statement, and its index in the policy.
    pub(crate) fn place(&self, statement: u32) -> Option<(&Policy, usize)> {
        let behind = self.starts.partition_point(|start| *start <= statement);
        let position = behind.checked_sub(1)?;
        let start = self.starts.get(position)?;
        let index = statement.checked_sub(*start)? as usize;
        Some((self.policies.get(position)?, index))
    }

    /// Returns the statement with this number.
    pub(crate) fn statement(&self, number: u32) -> Option<&Statement> {
        let (policy, index) = self.place(number)?;
        policy.document().statements().get(index)
    }

    /// Returns the number of statements that have conditions and several entries.
    pub(crate) const fn dedup_slots(&self) -> u32 {
        self.repeating
    }

    /// Whether a condition or a variable uses a key that a policy source provides.
    pub(crate) const fn needs_enrichment(&self) -> bool {
        self.asks_for_completed_keys
    }

    /// Resolves an action: one of a catalog by its metadata, any other by its name.
    #[inline]
    pub(crate) fn resolve(
        &self,
        metadata: Option<&'static ActionMetadata>,
        prefix: &str,
        name: &str,
    ) -> ResolvedAction<'_> {
        match metadata {
            Some(metadata) => self
                .actions
                .resolve(metadata, &self.index, |number| self.statement(number)),
            None => self.actions.find(prefix, name),
        }
    }

    /// The index over the resources of the statements.
    #[inline]
    pub(crate) const fn index(&self) -> &Index {
        &self.index
    }
}

/// Whether a walk may reach the statement more than once and should evaluate its conditions only once.
fn repeats(statement: &Statement) -> bool {
    let patterns = statement
        .resource()
        .filter(|element| !element.is_negated())
        .map_or(0, |element| element.patterns().len());
    patterns > 1 && !statement.conditions().is_empty()
}

fn asks_for_completed(statement: &Statement) -> bool {
    let by_conditions = statement
        .conditions()
        .iter()
        .flat_map(|condition| condition.keys());
    let by_variables = statement
        .resource()
        .into_iter()
        .flat_map(|element| element.patterns())
        .flat_map(|pattern| pattern.variables())
        .map(|variable| variable.key());
    by_conditions
        .chain(by_variables)
        .any(|key| ENRICHED_KEYS.contains(&key.folded()))
}
