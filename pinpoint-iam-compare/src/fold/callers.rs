//! The callers of an action, and the condition keys that follow from the caller.

use std::collections::{BTreeSet, HashSet};

use pinpoint_iam::Principal;
use pinpoint_iam::condition::samples::Family;
use pinpoint_iam::context::{ConditionKey, Context, ContextLookup, Lookup};
use pinpoint_iam::eval::parts;
use pinpoint_iam::pattern::characters::Characters;
use pinpoint_iam::pattern::classes::{Atom, Atoms, Unfilled, fill};
use pinpoint_iam::request::{Request, RequestedAction};
use pinpoint_iam::resource::RequestedResource;

use crate::bits::Bits;
use crate::callers::{ACCOUNT, Asked, Caller, callers};
use crate::result::KeyValue;

use super::actions::Action;
use super::variables::Assignment;
use super::{Fold, MOST_STEPS_OF_A_DIMENSION};

impl<'a> Fold<'a> {
    pub(super) fn compare_action(&mut self, action: &Action<'_>) {
        let callers = self.callers(&action.alive);
        let mut known: HashSet<(Bits, Vec<usize>, String, Vec<String>)> = HashSet::new();
        let variables = self.variables(&action.alive);
        let with_variables = self.keys_compared_with_variables(&action.alive);
        for caller in callers {
            let mut alive = action.alive.clone();
            let mut ways = Vec::new();
            let is_possible = RequestedAction::parse(&action.text).is_ok_and(|requested| {
                let request = Request::new(
                    &caller.bare,
                    requested,
                    RequestedResource::All,
                    Context::empty(),
                )
                .with_resource_account(&caller.resource_account);
                for index in action.alive.iter() {
                    let Some(cell) = self.cells.get(index) else {
                        continue;
                    };
                    let (matches, way) = parts::matches_principal(
                        cell.statement(),
                        cell.policy_type(),
                        self.has_boundary,
                        &request,
                    );
                    ways.push(way);
                    // A `Deny` of an organization must not count for callers to whom it does not apply.
                    if !matches || !parts::applies(cell.policy_type(), &caller.bare) {
                        alive.remove(index);
                    }
                }
                true
            });
            if !is_possible || !self.is_of_interest(&alive) {
                continue;
            }
            let mut context = Context::new();
            let mut fixed: BTreeSet<String> = BTreeSet::new();
            let mut seen = Vec::new();
            let mut keys = Vec::new();
            for key in self
                .keys_of(&alive)
                .into_iter()
                .chain(variables.iter().cloned())
            {
                if !fixed.contains(key.folded()) && self.is_fixed(key.folded(), &caller.principal) {
                    fixed.insert(key.folded().to_owned());
                    let value = match caller.principal.lookup(&key) {
                        Lookup::Present(value) => KeyValue::One(value.text().into_owned()),
                        Lookup::Multivalued(values) => KeyValue::List(
                            values
                                .iter()
                                .map(|value| value.text().into_owned())
                                .collect(),
                        ),
                        Lookup::Absent | Lookup::Unknown => continue,
                    };
                    value.insert_into(&mut context, key.as_str());
                    if variables.contains(&key) || with_variables.contains(&key) {
                        seen.extend(value.as_slice().iter().cloned());
                    }
                    keys.push((key.as_str().to_owned(), value));
                }
            }
            let known_keys = fixed.clone();
            alive = self.after_keys(&alive, &context, &known_keys);
            if !self.is_of_interest(&alive) {
                continue;
            }
            let deciding = deciding(action, &caller, RequestedResource::All);
            if !known.insert((
                alive.clone(),
                ways,
                format!("{deciding:?} {:?}", caller.bare.kind()),
                seen,
            )) {
                continue;
            }
            let mut assignment = Assignment {
                action,
                caller: &caller,
                context,
                known: fixed,
                keys,
            };
            self.assign(&mut assignment, &alive);
            if self.is_exhausted {
                return;
            }
        }
    }

    /// Returns whether the value of a key is determined by the caller alone.
    pub(super) fn is_fixed(&self, key: &str, caller: &Principal) -> bool {
        if !parts::is_principal_key(key) {
            return false;
        }
        if caller.account().is_none() || self.space.callers_are_strangers {
            return true;
        }
        matches!(
            key,
            "aws:principalarn"
                | "aws:principalaccount"
                | "aws:principaltype"
                | "aws:principalisawsservice"
                | "aws:principalservicename"
                | "aws:username"
        ) || !matches!(caller.lookup(&ConditionKey::new(key)), Lookup::Absent)
    }

    /// Returns the patterns that distinguish the values of a variable that is compared with `key`, or `None` if patterns
    /// do not distinguish them exactly.
    fn patterns_of_variable(
        &self,
        variable: &ConditionKey,
        key: &str,
        alive: &Bits,
    ) -> Option<Vec<Atoms>> {
        let (mut patterns, inexact) = self.slices(variable, alive, Context::empty());
        if !inexact.is_empty() {
            return None;
        }
        for (_, on) in self.on_key(variable, alive) {
            match on.condition.family() {
                Family::Any => {}
                Family::Texts => {
                    for pieces in on.condition.text_patterns() {
                        let is_atom = |piece: &Unfilled<'_>| matches!(piece, Unfilled::Atom(_));
                        match pieces.as_slice() {
                            // The same comparison in the other direction.
                            [Unfilled::Variable(other, _)] if other.key().folded() == key => {}
                            pieces if pieces.iter().all(is_atom) => {
                                patterns.extend(fill(pieces, Context::empty()));
                            }
                            _ => return None,
                        }
                    }
                }
                _ => return None,
            }
        }
        Some(patterns)
    }

    /// Returns the callers to consider if these cells can match.
    pub(super) fn callers(&mut self, alive: &Bits) -> Vec<Caller> {
        if !self.space.callers.is_empty() {
            let names = self.names_callers;
            return self
                .space
                .callers
                .iter()
                .flat_map(|caller| Caller::given(caller, names, self.space.callers_are_strangers))
                .collect();
        }
        let mut asked = Asked {
            names_callers: self.names_callers,
            ..Asked::default()
        };
        let variables = self.variables(alive);
        let mut with_variables = Vec::new();
        // The number of the next list of alternatives.
        let mut next = 0;
        for index in alive.iter() {
            let Some(cell) = self.cells.get(index) else {
                continue;
            };
            if let Some(principal) = cell.statement().principal() {
                asked
                    .entries
                    .extend(principal.aws().filter(|entry| *entry != "*"));
                asked.services.extend(principal.service());
                asked.providers.extend(principal.federated());
            }
            for condition in cell.statement().conditions() {
                let key = condition.key().folded();
                if !DERIVED.contains(&key) {
                    continue;
                }
                for alternatives in condition.text_alternatives() {
                    for pieces in alternatives {
                        let variable = pieces.iter().find_map(|piece| match piece {
                            Unfilled::Variable(variable, _) => Some(variable.key()),
                            Unfilled::Atom(_) => None,
                        });
                        if let Some(variable) = variable {
                            with_variables.push((index, key, variable, pieces.len() == 1));
                        } else if let Some(atoms) = fill(&pieces, Context::empty()) {
                            asked.keys.push((key.to_owned(), atoms, next));
                        }
                    }
                    next += 1;
                }
                asked
                    .keys
                    .push((key.to_owned(), vec![Atom::Run(Characters::All)], next));
                next += 1;
                let values = condition.values().iter().map(|value| value.text());
                if key == "aws:principalarn" {
                    asked.preferred.extend(values.map(str::to_owned));
                }
            }
        }
        for (index, key, variable, is_whole) in with_variables {
            let patterns = self.patterns_of_variable(variable, key, alive);
            match patterns {
                // The caller has the value of the variable, so what distinguishes the one distinguishes the other.
                Some(patterns) if is_whole && !parts::is_principal_key(variable.folded()) => {
                    for atoms in patterns {
                        asked.keys.push((key.to_owned(), atoms, next));
                        next += 1;
                    }
                }
                _ => {
                    let reason = format!(
                        "`{key}` is compared with `${{{variable}}}`, and other conditions distinguish the values of both"
                    );
                    self.note(Some(index), reason);
                }
            }
        }
        for key in variables
            .iter()
            .filter(|key| DERIVED.contains(&key.folded()))
        {
            asked.keys.push((
                key.folded().to_owned(),
                vec![Atom::Run(Characters::All)],
                next,
            ));
            next += 1;
            let (slices, inexact) = self.slices(key, alive, Context::empty());
            for atoms in slices {
                asked.keys.push((key.folded().to_owned(), atoms, next));
                next += 1;
            }
            for (cell, reason) in inexact {
                self.note(Some(cell), reason);
            }
        }
        if self.has_organization {
            asked.keys.push((
                "aws:principalarn".to_owned(),
                parts::service_linked_roles(),
                next,
            ));
        }
        asked.entries.sort_unstable();
        asked.entries.dedup();
        asked.services.sort_unstable();
        asked.services.dedup();
        asked.providers.sort_unstable();
        asked.providers.dedup();
        if asked.keys.is_empty() && asked.entries.is_empty() && !asked.names_callers {
            return Caller::anybody(ACCOUNT).into_iter().collect();
        }
        let mut steps = 0;
        let (callers, is_complete) = callers(&asked, MOST_STEPS_OF_A_DIMENSION / 4, &mut steps);
        self.spend(steps);
        if !is_complete {
            self.note(
                None,
                "the callers that the policies distinguish have too many combinations".to_owned(),
            );
        }
        callers
    }
}

/// The condition keys that are derived from the caller's ARN.
const DERIVED: [&str; 3] = ["aws:principalarn", "aws:principalaccount", "aws:username"];

/// Returns whose policies decide about the caller's request for the resource.
pub(super) fn deciding(
    action: &Action<'_>,
    caller: &Caller,
    resource: RequestedResource<'_>,
) -> Option<parts::Deciding> {
    let action = RequestedAction::parse(&action.text).ok()?;
    let request = Request::new(&caller.bare, action, resource, Context::empty())
        .with_resource_account(&caller.resource_account);
    Some(parts::deciding(&request))
}
