//! The statements that cause a difference, with their patterns that match.

use std::collections::BTreeSet;

use pinpoint_iam::Arn;
use pinpoint_iam::condition::Condition;
use pinpoint_iam::context::Context;
use pinpoint_iam::eval::parts;
use pinpoint_iam::pattern::Match;
use pinpoint_iam::request::{Request, RequestedAction};
use pinpoint_iam::resource::RequestedResource;

use crate::cells::Cell;
use crate::result::{Responsible, Witness};

use super::Fold;
use super::states::State;

/// Patterns of actions, and of resources.
pub(super) type Patterns = (BTreeSet<String>, BTreeSet<String>);

impl<'a> Fold<'a> {
    pub(super) fn note_cover(&mut self, side: usize, state: &State, witness: &Witness) {
        // The cells that cause the difference: an `Allow` on the side that allows, or a `Deny` on the side that does
        // not.
        let allowing = 1 - side;
        let Ok(action) = RequestedAction::parse(&witness.action) else {
            return;
        };
        for index in state.alive.and(&self.differing).iter() {
            let Some(cell) = self.cells.get(index) else {
                continue;
            };
            let is_reason = if cell.is_deny() {
                cell.is_on(1 - allowing)
            } else {
                cell.is_on(allowing)
            };
            if !is_reason {
                continue;
            }
            let Some(covers) = self.covers.get_mut(side) else {
                return;
            };
            let (actions, resources) = covers.entry(index).or_default();
            let request = Request::new(
                &witness.principal,
                action,
                RequestedResource::All,
                Context::empty(),
            );
            let element = cell.statement().action();
            for pattern in cell.action_patterns() {
                if element.is_negated() || parts::covers_action(cell.statement(), pattern, &request)
                {
                    actions.insert(pattern.as_str().to_owned());
                }
            }
            let requested = match Arn::parse(&witness.resource) {
                Ok(arn) => RequestedResource::Arn(arn),
                Err(_) => RequestedResource::All,
            };
            let mut context = Context::new();
            for (key, value) in &witness.context {
                value.insert_into(&mut context, key);
            }
            let is_negated = cell
                .statement()
                .resource()
                .is_none_or(|element| element.is_negated());
            for pattern in cell.resource_patterns() {
                if is_negated || pattern.matches(&requested, &context) == Match::Yes {
                    resources.insert(pattern.as_str().to_owned());
                }
            }
        }
    }
}

pub(super) fn responsible(cell: &Cell<'_>) -> Responsible {
    let statement = cell.statement();
    Responsible {
        policy: cell.place.policy.name().to_owned(),
        line: statement.position().line(),
        index: statement.index(),
        sid: statement.sid().map(str::to_owned),
        effect: statement.effect().name(),
        is_second: !cell.is_on(0),
    }
}

pub(super) fn condition_text(condition: &Condition) -> String {
    let values: Vec<String> = condition.values().iter().map(ToString::to_string).collect();
    format!(
        "{} {} {}",
        condition.key(),
        condition.operator(),
        values.join(" or ")
    )
}
