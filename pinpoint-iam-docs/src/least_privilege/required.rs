//! What handlers require, as resource types and condition keys of the catalog.

use std::collections::BTreeSet;

use pinpoint_iam::action::ActionMetadata;
use pinpoint_iam::resource::ResourceTypeMetadata;
use pinpoint_iam::web::{ActionRequirement, DependentRequirement, ResourceBinding};

/// Returns the resource types that a handler can name: the one whose ids it provides, or all that the action acts on.
pub(crate) fn resource_types(
    action: &'static ActionMetadata,
    resource: &ResourceBinding,
) -> Vec<&'static ResourceTypeMetadata> {
    let all = action.resource_types;
    let bindings = match resource {
        ResourceBinding::Fields(bindings) => bindings,
        ResourceBinding::Constructed(resource_type, _)
        | ResourceBinding::Created(resource_type) => return vec![*resource_type],
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

/// Returns the resource types that a handler can name for a dependent action.
pub(crate) fn dependent_types(
    dependent: &DependentRequirement,
) -> Vec<&'static ResourceTypeMetadata> {
    resource_types(dependent.action, &dependent.resource)
}

/// Returns the placeholders with fixed values of the resource of a dependent action: those that the action fixes and, of
/// a resource that it creates, the ids that do not exist yet.
pub(crate) fn dependent_pins(
    requirement: &ActionRequirement,
    dependent: &DependentRequirement,
) -> Vec<(&'static str, &'static str)> {
    let ResourceBinding::Created(created) = dependent.resource else {
        return dependent.action.pinned.to_vec();
    };
    let action = requirement.action;
    let mut pins = action.pinned.to_vec();
    let own = action.resource_types.iter();
    let own: BTreeSet<&str> = own
        .flat_map(|own| own.fields)
        .map(|field| field.placeholder)
        .collect();
    let new = created.fields.iter().map(|field| field.placeholder);
    let new = new.filter(|placeholder| !own.contains(placeholder));
    let is_pinned = |placeholder: &&str| action.pinned.iter().any(|(pin, _)| pin == placeholder);
    pins.extend(
        new.filter(|new| !is_pinned(new))
            .map(|placeholder| (placeholder, "*")),
    );
    pins
}

/// Returns the action that fixes values in the ARN of the resource of a dependent action: the one that creates the
/// resource, or the dependent action itself.
pub(crate) const fn fixing_action(
    requirement: &ActionRequirement,
    dependent: &DependentRequirement,
) -> &'static ActionMetadata {
    match dependent.resource {
        ResourceBinding::Created(_) => requirement.action,
        _ => dependent.action,
    }
}

/// Returns the condition keys that the catalog lists for the action and for the resource types that the handler can
/// name.
pub(crate) fn condition_keys(
    action: &'static ActionMetadata,
    resource: &ResourceBinding,
) -> BTreeSet<&'static str> {
    let mut keys: BTreeSet<&str> = action.condition_keys.iter().copied().collect();
    for resource_type in resource_types(action, resource) {
        keys.extend(resource_type.condition_keys);
    }
    keys
}
