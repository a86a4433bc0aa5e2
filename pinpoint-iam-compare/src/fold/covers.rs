//! The statements that cause a difference, with their patterns.

use pinpoint_iam::condition::Condition;
use pinpoint_iam::request::RequestedAction;

use crate::bits::Bits;
use crate::cells::Cell;
use crate::result::{Cover, Responsible};

use super::Fold;
use super::actions::ByPrefix;
use super::states::State;

impl<'a> Fold<'a> {
    /// Notes the cells that cause a difference for an action: an `Allow` on the side that allows, or a `Deny` on the side
    /// that does not.
    pub(super) fn note_cover(&mut self, side: usize, state: &State, of_action: &Bits) {
        let allowing = 1 - side;
        for index in state.alive.and(&self.differing).iter() {
            let Some(cell) = self.cells.get(index) else {
                continue;
            };
            let is_reason = if cell.is_deny() {
                cell.is_on(1 - allowing)
            } else {
                cell.is_on(allowing)
            };
            if is_reason && let Some(covers) = self.covers.get_mut(side) {
                covers.entry(index).or_default().insert(of_action.clone());
            }
        }
    }

    /// Returns the requests that differ, by statement.
    pub(super) fn cover(&self, side: usize) -> Vec<Cover> {
        let by_prefix = ByPrefix::of(&self.cells);
        let covers = self.covers.get(side).into_iter().flatten();
        let mut cover: Vec<Cover> = covers
            .filter_map(|(index, of_actions)| {
                let cell = self.cells.get(*index)?;
                // An action without wildcards is left out if the statements that match it make no difference.
                let makes_a_difference = |text: &str| {
                    text.contains(['*', '?'])
                        || RequestedAction::parse(text).map_or(true, |action| {
                            of_actions.contains(&by_prefix.alive(&self.cells, action))
                        })
                };
                let is_negated = cell.statement().action().is_negated();
                let actions = cell.action_patterns().into_iter();
                let actions = actions.map(|pattern| pattern.as_str());
                let resources = cell.resource_patterns().into_iter();
                let conditions = cell.statement().conditions().iter();
                Some(Cover {
                    statement: responsible(cell),
                    actions: actions
                        .filter(|text| is_negated || makes_a_difference(text))
                        .map(str::to_owned)
                        .collect(),
                    resources: resources
                        .map(|pattern| pattern.as_str().to_owned())
                        .collect(),
                    conditions: conditions.map(condition_text).collect(),
                })
            })
            .collect();
        cover.sort_by(|left, right| left.statement.cmp(&right.statement));
        cover
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
