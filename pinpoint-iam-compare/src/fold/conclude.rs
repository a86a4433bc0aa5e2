//! The decision of each side for a set of statements, and the best example of each difference.

use std::collections::BTreeMap;

use pinpoint_iam::eval::{Policy, PolicyType, parts};
use pinpoint_iam::policy::Document;

use crate::bits::Bits;
use crate::callers::Caller;
use crate::result::Witness;

use super::Fold;
use super::states::State;
use super::variables::Assignment;

/// A difference, with the cost of its explanation.
pub(super) struct Found {
    pub(super) cost: Cost,
    pub(super) witness: Witness,
    pub(super) needs_delegation: bool,
    pub(super) caller: Caller,
}

/// The cost of explaining a witness: how unusual its caller is, then the number and length of its texts.
pub(super) type Cost = (usize, usize);

/// A caller and the account of the resource, ordered by rank.
pub(super) type CallerClass = (usize, String, String);

impl<'a> Fold<'a> {
    pub(super) fn conclude(&mut self, assignment: &Assignment<'_, '_>, state: &State) {
        let caller = assignment.caller;
        let mut witness = Witness {
            principal: caller.bare.clone(),
            principal_text: caller.text.clone(),
            action: assignment.action.text.clone(),
            resource: state.resource.clone(),
            resource_account: caller.resource_account.clone(),
            context: BTreeMap::new(),
        };
        for (key, value) in &state.keys {
            witness.context.insert(key.clone(), value.clone());
        }
        self.spend(256 + self.cells.len() * 4);
        let special = state.is_special;
        let class = (
            state.alive.clone(),
            format!(
                "{:?} {} {special} {}",
                caller.text, caller.resource_account, caller.rank
            ),
        );
        if self.same.contains(&class) {
            return;
        }
        let mut needs_delegation = false;
        let mut allowed = self.allowed(&witness, &state.alive, None);
        if allowed.is_some_and(|[first, second]| first == second) && self.may_delegate && special {
            let policy = self.delegating_policy(&caller.resource_account);
            allowed = self.allowed(&witness, &state.alive, policy.as_ref());
            needs_delegation = true;
        }
        let Some([first, second]) = allowed else {
            return;
        };
        if first == second {
            self.same.insert(class);
            return;
        }
        let side = usize::from(first);
        self.note_cover(side, state, &assignment.action.alive);
        let keys = witness.context.len();
        let cost = (
            caller.rank * 4 + usize::from(needs_delegation) * 100 + usize::from(caller.is_made_up),
            state.cost + keys * 200,
        );
        if side == 0 && !needs_delegation {
            let key = (
                caller.rank,
                caller.text.clone(),
                caller.resource_account.clone(),
            );
            let is_cheaper = self
                .by_caller
                .get(&key)
                .is_none_or(|(known, _)| cost < *known);
            if is_cheaper {
                self.by_caller.insert(key, (cost, witness.clone()));
            }
        }
        let is_better = match self.best.get(side) {
            Some(Some(best)) => cost < best.cost,
            _ => true,
        };
        if is_better && let Some(best) = self.best.get_mut(side) {
            *best = Some(Found {
                cost,
                witness,
                needs_delegation,
                caller: caller.clone(),
            });
        }
    }

    /// Returns whether each side allows the request if these cells match.
    pub(super) fn allowed(
        &self,
        witness: &Witness,
        alive: &Bits,
        delegating: Option<&Policy>,
    ) -> Option<[bool; 2]> {
        witness.put(|request| {
            let [first, second] = &self.sides;
            [first, second].map(|side| {
                let mut stack = side.stack;
                // The statement of the added policy precedes those of identity-based policies.
                let before = match delegating {
                    Some(policy) => {
                        stack.resource = Some(policy);
                        let places = parts::places(&stack);
                        places
                            .iter()
                            .position(|place| place.policy_type == PolicyType::Resource)
                    }
                    None => None,
                };
                parts::is_allowed(&stack, request, |number| {
                    let number = match before {
                        Some(before) if number == before => return true,
                        Some(before) if number > before => number - 1,
                        _ => number,
                    };
                    let cells = side.cells.get(number);
                    cells.is_some_and(|cells| cells.iter().any(|cell| alive.contains(*cell)))
                })
            })
        })
    }

    /// Returns a resource-based policy that delegates all decisions to the policies of the account.
    pub(super) fn delegating_policy(&mut self, account: &str) -> Option<Policy> {
        if let Some(policy) = self.delegating.get(account) {
            return Some(policy.clone());
        }
        let text = format!(
            r#"{{"Version": "2012-10-17", "Statement": {{"Effect": "Allow", "Principal": {{"AWS": "{account}"}}, "Action": "*", "Resource": "*"}}}}"#
        );
        let policy = Policy::new("the policy of the resource", Document::parse(&text).ok()?);
        self.delegating.insert(account.to_owned(), policy.clone());
        Some(policy)
    }
}
