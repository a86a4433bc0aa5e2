//! Compiled policies.

use std::sync::Arc;

use super::actions::{ActionSets, Actions, ResolvedAction};
use super::index::{Builder, Entry, Index, is_reached};
use super::index32::{TooLarge, to_u32};
use super::names::ActionNames;
use crate::eval::Truth;
use crate::eval::stack::Policy;
use crate::eval::statement::action_part;
use crate::policy::Statement;
use crate::principal::COMPLETED_KEYS;
use crate::request::Request;

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
    pub(super) fn statement(&self, number: u32) -> Option<&Statement> {
        let (policy, index) = self.place(number)?;
        policy.document().statements().get(index)
    }

    /// Returns the number of statements that have conditions and several entries.
    pub(super) const fn dedup_slots(&self) -> u32 {
        self.repeating
    }

    /// Whether a condition or a variable uses a key that a policy source provides.
    pub(crate) const fn needs_enrichment(&self) -> bool {
        self.asks_for_completed_keys
    }

    /// Calls `each` with every entry that covers the action of `request` and may match its resource.
    ///
    /// No other statement can match, for any values of the unknown keys.
    #[inline]
    pub(super) fn candidates(&self, request: &Request<'_>, mut each: impl FnMut(Entry)) {
        let action = request.action();
        let asked = self
            .actions
            .ask(action, &self.index, |number| self.statement(number));
        let resource = request.resource_ref();
        match asked {
            ResolvedAction::InCatalog(table, action) => {
                self.index.visit(resource, |list, at_end| {
                    let entries = self.index.entries(list);
                    match list.large() {
                        None => {
                            for entry in entries {
                                if table.has(*entry, action) && is_reached(*entry, at_end) {
                                    each(*entry);
                                }
                            }
                        }
                        Some(large) => {
                            for position in table.chosen(large, action) {
                                let entry = entries.get(*position as usize);
                                if let Some(entry) =
                                    entry.filter(|entry| is_reached(**entry, at_end))
                                {
                                    each(*entry);
                                }
                            }
                        }
                    }
                })
            }
            ResolvedAction::Unlisted => self.index.visit(resource, |list, at_end| {
                for entry in self.index.entries(list) {
                    let statement = self.statement(entry.statement);
                    let is_about_it =
                        statement.is_some_and(|statement| action_part(statement, request).matches);
                    if is_about_it && is_reached(*entry, at_end) {
                        each(*entry);
                    }
                }
            }),
        }
    }
}

impl Program {
    /// Calls `each` with every entry that covers the action of `request`, whose resource is not known, and with the
    /// result for the resource of the entry.
    pub(super) fn candidates_for_any_resource(
        &self,
        request: &Request<'_>,
        mut each: impl FnMut(Entry, Option<Truth>),
    ) {
        let asked = self.actions.ask(request.action(), &self.index, |number| {
            self.statement(number)
        });
        for (entry, resource) in self.index.for_any_resource() {
            let is_about_it = match &asked {
                ResolvedAction::InCatalog(table, action) => table.has(entry, *action),
                ResolvedAction::Unlisted => self
                    .statement(entry.statement)
                    .is_some_and(|statement| action_part(statement, request).matches),
            };
            if is_about_it {
                each(entry, resource);
            }
        }
    }

    /// Returns the numbers of the statements that cover the action of `request` and may match its resource, in order.
    pub(super) fn statements_about(&self, request: &Request<'_>) -> Vec<u32> {
        let mut numbers = Vec::new();
        if request.resource_is_unknown() {
            self.candidates_for_any_resource(request, |entry, _| numbers.push(entry.statement));
        } else {
            self.candidates(request, |entry| numbers.push(entry.statement));
        }
        numbers.sort_unstable();
        numbers.dedup();
        numbers
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
        .any(|key| COMPLETED_KEYS.contains(&key.folded()))
}
