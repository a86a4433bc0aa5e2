//! The members that are added to an operation.

use std::collections::BTreeSet;

use serde_json::{Map, Value, json};

use crate::least_privilege::{condition_keys, dependent_types, fixing_action, resource_types};
use crate::service::arn_of;
use pinpoint_iam::action::ActionMetadata;
use pinpoint_iam::resource::ResourceTypeMetadata;
use pinpoint_iam::web::{Access, ActionRequirement, Declaration, Requirement};

/// The values of the two members.
pub(super) struct Annotation {
    pub(super) permissions: Value,
    pub(super) iam: Value,
}

impl Annotation {
    pub(super) fn of(declaration: &Declaration) -> Self {
        match &declaration.access {
            Access::Public { reason } => Self {
                permissions: json!([]),
                iam: json!({ "access": "public", "reason": reason }),
            },
            Access::Requires {
                requirement,
                after_body,
            } => Self::of_requirement(requirement, *after_body),
        }
    }

    pub(super) fn of_requirement(requirement: &Requirement, after_body: bool) -> Self {
        let actions = requirement.actions().into_iter().flat_map(|action| {
            let dependents = action.dependents.iter();
            let needed = dependents.filter(|dependent| !dependent.only_with_tags);
            std::iter::once(action.action).chain(needed.map(|dependent| dependent.action))
        });
        let actions: BTreeSet<String> = actions.map(ToString::to_string).collect();
        let checked = if after_body {
            "after-body"
        } else {
            "before-body"
        };
        Self {
            permissions: json!(actions),
            iam: json!({
                "access": "authorized",
                "checked": checked,
                "requires": requires(requirement),
            }),
        }
    }
}

fn requires(requirement: &Requirement) -> Value {
    let several =
        |requirements: &[Requirement]| requirements.iter().map(requires).collect::<Vec<Value>>();
    match requirement {
        Requirement::Action(action) => action_object(action),
        Requirement::All(requirements) => json!({ "allOf": several(requirements) }),
        Requirement::Any(requirements) => json!({ "anyOf": several(requirements) }),
    }
}

fn action_object(requirement: &ActionRequirement) -> Value {
    let action = requirement.action;
    let mut members = Map::new();
    members.insert("action".to_owned(), json!(action.to_string()));
    if let Some(level) = action.access_level {
        members.insert("accessLevel".to_owned(), json!(level.name()));
    }
    let types = resource_types(action, &requirement.resource);
    members.insert("resources".to_owned(), json!(templates(action, &types)));
    members.insert(
        "conditionKeys".to_owned(),
        json!(condition_keys(action, &requirement.resource)),
    );
    if !requirement.keys.is_empty() {
        members.insert("suppliedKeys".to_owned(), json!(requirement.keys));
    }
    let dependents = requirement.dependents.iter();
    let dependents: Vec<Value> = dependents
        .map(|dependent| {
            let resources = if dependent.action.has_catalog() {
                let fixes = fixing_action(requirement, dependent);
                templates(fixes, &dependent_types(dependent))
            } else {
                Vec::new()
            };
            json!({
                "action": dependent.action.to_string(),
                "resources": resources,
                "onlyWithTags": dependent.only_with_tags,
            })
        })
        .collect();
    if !dependents.is_empty() {
        members.insert("dependents".to_owned(), json!(dependents));
    }
    let dependent_actions: Vec<Value> = action
        .dependent_actions
        .iter()
        .map(|dependent| json!({ "action": dependent.action, "when": dependent.when }))
        .collect();
    members.insert("dependentActions".to_owned(), json!(dependent_actions));
    Value::Object(members)
}

/// Returns the ARN templates of resource types with the values that `action` fixes; `*` if there is no single resource.
fn templates(action: &ActionMetadata, types: &[&'static ResourceTypeMetadata]) -> Vec<String> {
    match types {
        [] => vec!["*".to_owned()],
        types => types
            .iter()
            .map(|resource_type| arn_of(action, resource_type))
            .collect(),
    }
}
