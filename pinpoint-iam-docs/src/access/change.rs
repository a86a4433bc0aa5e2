//! Requests that show the change of a verdict.

use super::AccessMatrix;
use crate::cell::Line;
use crate::least_privilege::{dependent_types, resource_types};
use pinpoint_iam::action::ActionMetadata;
use pinpoint_iam::arn::Scope;
use pinpoint_iam::principal::Principal;
use pinpoint_iam::resource::ResourceTypeMetadata;
use pinpoint_iam::source::PolicyStore;
use pinpoint_iam::web::Requirement;
use pinpoint_iam_compare::{Comparer, Difference};

/// What a matrix was built from.
#[derive(Clone, Debug)]
pub(super) struct Inputs {
    pub(super) scope: Scope,
    /// The principals, in the order of their names.
    pub(super) callers: Vec<Principal>,
    pub(super) store: PolicyStore,
}

/// An action that a route requires, and the types of resources that it can be required on.
pub(super) type Asks = (&'static ActionMetadata, Vec<&'static ResourceTypeMetadata>);

/// Returns the actions of a requirement.
pub(super) fn asks(requirement: &Requirement) -> Vec<Asks> {
    match requirement {
        Requirement::Action(action) => {
            let own = (
                action.action,
                resource_types(action.action, &action.resource),
            );
            let dependents = action.dependents.iter();
            let dependents =
                dependents.map(|dependent| (dependent.action, dependent_types(dependent)));
            std::iter::once(own).chain(dependents).collect()
        }
        Requirement::All(several) | Requirement::Any(several) => {
            several.iter().flat_map(asks).collect()
        }
    }
}

impl AccessMatrix {
    fn caller(&self, principal: &str) -> Option<&Principal> {
        let column = self.principals.iter().position(|name| name == principal)?;
        self.inputs.callers.get(column)
    }

    /// Returns lines with a request of each direction that the change of a verdict consists of.
    pub(super) fn witnesses(&self, after: &Self, principal: &str, route: &str) -> Vec<Line> {
        let (Some(caller), Some(other)) = (self.caller(principal), after.caller(principal)) else {
            return Vec::new();
        };
        if caller != other {
            return vec![Line::text(
                "the matrices have different principals of this name",
            )];
        }
        let asks = |matrix: &Self| matrix.row(route).map(|row| row.asks.clone());
        let mut asked = asks(self).unwrap_or_default();
        for new in asks(after).unwrap_or_default() {
            if !asked.iter().any(|known| is_same(known, &new)) {
                asked.push(new);
            }
        }
        let mut lines = Vec::new();
        let mut is_undecided = false;
        for (action, types) in asked {
            if !action.has_catalog() {
                // The ARNs that it is required on are unknown.
                is_undecided = true;
                continue;
            }
            let comparer = Comparer::new().action(action, &types, &after.inputs.scope);
            let stores = [&self.inputs.store, &after.inputs.store];
            let [first, second] = stores;
            let comparison = comparer.compare_principal(caller, first, second);
            is_undecided |= !comparison.undecided.is_empty();
            for (word, difference) in [
                ("newly allowed:", &comparison.newly_allowed),
                ("no longer allowed:", &comparison.no_longer_allowed),
            ] {
                if let Some(difference) = difference {
                    lines.extend(shown(word, difference));
                }
            }
        }
        if is_undecided {
            lines.push(Line::text("not decided whether there are other requests"));
        } else if lines.is_empty() {
            lines.push(Line::text("no request is decided differently"));
        }
        lines
    }
}

fn is_same((action, types): &Asks, (other, others): &Asks) -> bool {
    let arns = |types: &[&'static ResourceTypeMetadata]| -> Vec<&str> {
        types.iter().map(|kind| kind.arn).collect()
    };
    action.service.prefix == other.service.prefix
        && action.name == other.name
        && arns(types) == arns(others)
}

/// Returns the request of a difference, and the statements that are responsible for it.
fn shown(word: &str, difference: &Difference) -> Vec<Line> {
    let witness = &difference.witness;
    let mut request = Line::text(word)
        .and_text(" ")
        .and_code(&witness.action)
        .and_text(" on ")
        .and_code(&witness.resource);
    for (index, (key, value)) in witness.context.iter().enumerate() {
        let joint = if index == 0 { " with " } else { ", " };
        let values = value.as_slice().join(", ");
        request = request
            .and_text(joint)
            .and_code(&format!("{key} = {values}"));
    }
    let mut lines = vec![request];
    for cover in &difference.cover {
        lines.push(Line::text("because of ").and_code(&cover.statement.to_string()));
    }
    lines
}
