//! Whether the statement of an entry that the search has found matches.

use crate::eval::Truth;
use crate::eval::statement::{ResourcePart, principal_part, resource_part};
use crate::eval::visited::{Visit, VisitedSet};
use crate::pattern::Match;
use crate::policy::{Effect, Statement};
use crate::policy_stack::PolicyType;
use crate::program::{Entry, Kind, pattern};
use crate::request::Request;
use crate::resource::RequestedResource;

/// Whether a statement is undecided only because the resource is not known.
pub(super) fn needs_only_the_resource(
    statement: &Statement,
    policy_type: PolicyType,
    request: &Request<'_>,
) -> bool {
    request.resource_is_unknown()
        && !policy_type.names_principals()
        && statement.principal().is_none()
        && statement.conditions().is_empty()
        && matches!(
            resource_part(statement, policy_type, request),
            ResourcePart::Unknown(_)
        )
}

/// Whether a statement for the requested action matches, as far as this entry shows.
pub(super) fn statement_matches(
    statement: &Statement,
    entry: Entry,
    policy_type: PolicyType,
    has_boundary: bool,
    request: &Request<'_>,
    seen: &mut VisitedSet,
) -> Truth {
    let resource = resource_of(statement, entry, policy_type, request);
    if resource == Truth::False {
        return Truth::False;
    }
    let is_new = seen.visit(entry.dedup_slot, resource);
    if is_new == Visit::Again {
        return Truth::False;
    }
    let effect = statement.effect();
    let principal = principal_part(statement, policy_type, has_boundary, request).truth(effect);
    conditions_hold(statement, resource.and(principal), request)
}

/// Whether all conditions of a statement match, combined with `rest`, the result for its other parts.
pub(super) fn conditions_hold(statement: &Statement, rest: Truth, request: &Request<'_>) -> Truth {
    if rest == Truth::False {
        return Truth::False;
    }
    let effect = statement.effect();
    statement
        .conditions()
        .iter()
        .try_fold(rest, |all, condition| {
            match all.and(condition.evaluate(request, effect).truth) {
                Truth::False => None,
                truth => Some(truth),
            }
        })
        .unwrap_or(Truth::False)
}

/// Whether the entry matches the requested resource.
fn resource_of(
    statement: &Statement,
    entry: Entry,
    policy_type: PolicyType,
    request: &Request<'_>,
) -> Truth {
    let matched = match entry.kind() {
        Kind::Always | Kind::AtEnd => return Truth::True,
        Kind::Element => {
            let part = resource_part(statement, policy_type, request);
            return part.truth(statement.effect());
        }
        Kind::Pattern(index) => {
            pattern(statement, index).map(|pattern| pattern.matches(&request.resource(), request))
        }
        Kind::Component(index) => {
            let last = pattern(statement, index).and_then(|pattern| pattern.last_component());
            match (last, request.resource()) {
                (Some(last), RequestedResource::Arn(arn)) => {
                    // The walk has already matched the start of the pattern.
                    Some(last.matches_behind_start(arn.resource(), request))
                }
                _ => None,
            }
        }
    };
    match matched {
        Some(Match::Yes) => Truth::True,
        Some(Match::Unknown(_)) => Truth::Unknown,
        // A pattern with a variable that has no value matches no resource.
        Some(Match::No | Match::Unresolved) => Truth::False,
        // INVARIANT: the index of the pattern is valid.
        None => (statement.effect() == Effect::Deny).into(),
    }
}
