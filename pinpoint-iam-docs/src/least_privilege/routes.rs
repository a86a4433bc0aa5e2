//! The actions that the routes of an application need.

use super::LeastPrivilegeError;
use super::needed::Needed;
use super::required::resource_types;
use pinpoint_iam::web::{ActionRequirement, MountedRoute, Requirement, RouteTable};

/// Adds what every route requires.
///
/// What is needed in any case is added first, so that alternatives are preferred that are already granted.
pub(super) fn add(
    needed: &mut Needed<'_>,
    tables: &[RouteTable],
) -> Result<(), LeastPrivilegeError> {
    let routes = || {
        tables
            .iter()
            .flat_map(RouteTable::iter)
            .filter_map(|route| Some((route, route.declaration.requirement()?)))
    };
    for (_, requirement) in routes() {
        for action in certain(requirement) {
            add_action(needed, action)?;
        }
    }
    for (route, requirement) in routes() {
        add_alternatives(needed, route, requirement)?;
    }
    Ok(())
}

/// Returns the actions that are required in any case.
fn certain(requirement: &'static Requirement) -> Vec<&'static ActionRequirement> {
    match requirement {
        Requirement::Action(action) => vec![action],
        Requirement::All(several) => several.iter().flat_map(certain).collect(),
        Requirement::Any([only]) => certain(only),
        Requirement::Any(_) => Vec::new(),
    }
}

fn add_alternatives(
    needed: &mut Needed<'_>,
    route: &MountedRoute,
    requirement: &'static Requirement,
) -> Result<(), LeastPrivilegeError> {
    match requirement {
        Requirement::Action(action) => add_action(needed, action),
        Requirement::All(several) => several
            .iter()
            .try_for_each(|requirement| add_alternatives(needed, route, requirement)),
        Requirement::Any(several) => {
            let chosen = several
                .iter()
                .min_by_key(|requirement| missing(needed, requirement));
            let Some(chosen) = chosen else { return Ok(()) };
            if several.len() > 1 {
                let names = |requirement: &'static Requirement| {
                    let names: Vec<String> = requirement
                        .actions()
                        .iter()
                        .map(|action| format!("`{}`", action.action))
                        .collect();
                    names.join(" and ")
                };
                let others: Vec<String> = several
                    .iter()
                    .filter(|other| !std::ptr::eq(*other, chosen))
                    .map(names)
                    .collect();
                needed.remark(format!(
                    "`{route}` is served with {}; {} would do in its place",
                    names(chosen),
                    others.join(", or ")
                ));
            }
            add_alternatives(needed, route, chosen)
        }
    }
}

/// Returns how many actions of a requirement are not granted yet.
fn missing(needed: &Needed<'_>, requirement: &Requirement) -> usize {
    match requirement {
        Requirement::Action(action) => usize::from(!needed.contains(action.action)),
        Requirement::All(several) => several
            .iter()
            .map(|requirement| missing(needed, requirement))
            .sum(),
        Requirement::Any(several) => several
            .iter()
            .map(|requirement| missing(needed, requirement))
            .min()
            .unwrap_or(0),
    }
}

/// Adds an action, with the dependent actions that the handler checks.
fn add_action(
    needed: &mut Needed<'_>,
    requirement: &'static ActionRequirement,
) -> Result<(), LeastPrivilegeError> {
    let action = requirement.action;
    needed.add_stated(action, &resource_types(action, &requirement.resource))?;
    for key in requirement.keys {
        needed.remark(format!(
            "requests for `{action}` have the condition key `{key}`, with which a condition narrows it"
        ));
    }
    for dependent in requirement.dependents {
        needed.add_dependent(requirement, dependent)?;
    }
    Ok(())
}
