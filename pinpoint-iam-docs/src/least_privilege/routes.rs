//! The actions that the routes of an application need.

use std::collections::BTreeSet;

use super::LeastPrivilegeError;
use super::needed::Needed;
use pinpoint_iam::resource::ResourceTypeMetadata;
use pinpoint_iam::web::{
    ActionRequirement, MountedRoute, Requirement, ResourceBinding, RouteTable,
};

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

fn add_action(
    needed: &mut Needed<'_>,
    requirement: &'static ActionRequirement,
) -> Result<(), LeastPrivilegeError> {
    needed.add(requirement.action, &resource_types(requirement))
}

/// Returns the resource types that a handler can name: the one whose ids it provides, or all that the action acts on.
pub(crate) fn resource_types(
    requirement: &ActionRequirement,
) -> Vec<&'static ResourceTypeMetadata> {
    let all = requirement.action.resource_types;
    let bindings = match &requirement.resource {
        ResourceBinding::Fields(bindings) => bindings,
        ResourceBinding::Constructed(resource_type, _) => return vec![*resource_type],
        _ => return all.to_vec(),
    };
    let has_these_ids = |resource_type: &&'static ResourceTypeMetadata| {
        resource_type.fields.len() == bindings.len()
            && bindings.iter().all(|binding| {
                resource_type
                    .fields
                    .iter()
                    .any(|field| field.name == binding.field)
            })
    };
    let named: Vec<_> = all.iter().copied().filter(has_these_ids).collect();
    if named.is_empty() {
        all.to_vec()
    } else {
        named
    }
}

/// Returns the condition keys that the catalog lists for the action and for the resource types that the handler can
/// name.
pub(crate) fn condition_keys(requirement: &ActionRequirement) -> BTreeSet<&'static str> {
    let mut keys: BTreeSet<&str> = requirement.action.condition_keys.iter().copied().collect();
    for resource_type in resource_types(requirement) {
        keys.extend(resource_type.condition_keys);
    }
    keys
}
