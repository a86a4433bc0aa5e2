//! The evaluators' confirmation of each difference before it is reported.

use pinpoint_iam::eval::compiled::Compiled;
use pinpoint_iam::eval::{Decision, Policy, reference};
use pinpoint_iam::pattern::Part;

use crate::result::{Comparison, Difference, Witness};

use super::Fold;
use super::conclude::Found;
use super::readable::nicer;

/// The message for a difference that the evaluators do not confirm.
pub(crate) const UNCONFIRMED: &str =
    "the evaluators do not confirm a difference that was found, which is a fault of this crate";

impl<'a> Fold<'a> {
    /// Returns the decisions of the first and second policies, or `None` if the two evaluators disagree.
    pub(super) fn decide(
        &mut self,
        witness: &Witness,
        delegating: Option<&Policy>,
    ) -> Option<[Decision; 2]> {
        let [first, second] = &self.sides;
        let mut stacks = [first.stack, second.stack];
        for stack in &mut stacks {
            if delegating.is_some() {
                stack.resource = delegating;
            }
        }
        let decided = witness.put(|request| {
            stacks.map(|stack| reference::decide(&stack, request).into_decision())
        })?;
        for ((stack, compiled), decision) in stacks.iter().zip(&mut self.compiled).zip(&decided) {
            if compiled.is_none() || delegating.is_some() {
                *compiled = Compiled::of(stack).ok();
            }
            let compiled = compiled.as_ref()?;
            let other = witness.put(|request| compiled.decide(request).into_decision())?;
            if other.is_allowed() != decision.is_allowed() {
                return None;
            }
        }
        if delegating.is_some() {
            self.compiled = [None, None];
        }
        Some(decided)
    }

    pub(super) fn finish(mut self) -> Comparison {
        let mut differences = [None, None];
        for (side, difference) in differences.iter_mut().enumerate() {
            let Some(found) = self.best.get_mut(side).and_then(Option::take) else {
                continue;
            };
            *difference = self.confirm(found, side);
            if difference.is_none() {
                // Tests search for this text. It reports that the comparison and the evaluators disagree.
                self.note(None, UNCONFIRMED.to_owned());
            }
        }
        let [newly_allowed, no_longer_allowed] = differences;
        Comparison {
            newly_allowed,
            no_longer_allowed,
            undecided: self.undecided.into_iter().collect(),
            steps: self.steps,
        }
    }

    /// Returns whether the catalogs contain the request. Always true for a service without a catalog.
    pub(super) fn is_of_catalog(&self, witness: &Witness) -> bool {
        let Some((prefix, name)) = witness.action.split_once(':') else {
            return false;
        };
        let mut services = self.space.services.iter();
        let Some(service) = services.find(|service| service.prefix == prefix) else {
            return true;
        };
        let mut actions = service.actions.iter();
        let action = actions.find(|action| action.name == name);
        action.is_some_and(|action| {
            let resource = || std::iter::once(Part::Text(&witness.resource));
            action.arns.iter().any(|arns| arns.meets(resource()))
        })
    }

    /// Returns the difference after both evaluators have confirmed it.
    pub(super) fn confirm(&mut self, found: Found, side: usize) -> Option<Difference> {
        let wanted = if side == 0 {
            [false, true]
        } else {
            [true, false]
        };
        let delegating = match found.needs_delegation {
            true => self.delegating_policy(&found.witness.resource_account),
            false => None,
        };
        let confirms = |fold: &mut Self, witness: &Witness| {
            let decisions = fold.decide(witness, delegating.as_ref())?;
            (decisions.each_ref().map(Decision::is_allowed) == wanted).then_some(decisions)
        };
        let mut decisions = confirms(self, &found.witness)?;
        let mut witness = found.witness;
        let is_free = found.caller.is_anybody && self.space.resources.is_empty();
        if self.space.resources.is_empty() {
            for nicer in nicer(&witness, is_free && !found.needs_delegation) {
                if !self.is_of_catalog(&nicer) {
                    continue;
                }
                if let Some(confirmed) = confirms(self, &nicer) {
                    decisions = confirmed;
                    witness = nicer;
                    break;
                }
            }
        }
        let [first, second] = decisions;
        Some(Difference {
            witness,
            first,
            second,
            cover: self.cover(side),
            needs_delegation: found.needs_delegation,
        })
    }
}
