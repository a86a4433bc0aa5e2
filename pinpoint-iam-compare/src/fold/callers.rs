//! The callers of an action, and the condition keys that follow from the caller.

use std::collections::{BTreeSet, HashSet};

use pinpoint_iam::Principal;
use pinpoint_iam::context::{ConditionKey, Context, ContextLookup, Lookup};
use pinpoint_iam::eval::parts;
use pinpoint_iam::pattern::characters::Characters;
use pinpoint_iam::pattern::classes::{Atom, fill};
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
                    if !matches {
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
                    if variables.contains(&key) {
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
                if DERIVED.contains(&key) {
                    for pieces in condition.text_patterns() {
                        match fill(&pieces, Context::empty()) {
                            Some(atoms) => asked.keys.push((key.to_owned(), atoms)),
                            None => with_variables.push(index),
                        }
                    }
                    asked
                        .keys
                        .push((key.to_owned(), vec![Atom::Run(Characters::All)]));
                    let values = condition.values().iter().map(|value| value.text());
                    if key == "aws:principalarn" {
                        asked.preferred.extend(values.map(str::to_owned));
                    }
                }
            }
        }
        for index in with_variables {
            let reason = "a key of the caller is compared with a variable";
            self.note(Some(index), reason.to_owned());
        }
        for key in variables
            .iter()
            .filter(|key| DERIVED.contains(&key.folded()))
        {
            asked
                .keys
                .push((key.folded().to_owned(), vec![Atom::Run(Characters::All)]));
            let (slices, inexact) = self.slices(key, alive, Context::empty());
            asked.keys.extend(
                slices
                    .into_iter()
                    .map(|atoms| (key.folded().to_owned(), atoms)),
            );
            for (cell, reason) in inexact {
                self.note(Some(cell), reason);
            }
        }
        asked.entries.sort_unstable();
        asked.entries.dedup();
        asked.services.sort_unstable();
        asked.services.dedup();
        asked.providers.sort_unstable();
        asked.providers.dedup();
        if asked.keys.is_empty() && !asked.names_callers {
            return Caller::anybody(ACCOUNT).into_iter().collect();
        }
        let mut steps = 0;
        let (callers, is_complete) = callers(&asked, MOST_STEPS_OF_A_DIMENSION / 4, &mut steps);
        self.spend(steps);
        if !is_complete {
            self.note(
                None,
                "callers differ in more ways than the budget allows".to_owned(),
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
