//! The members that are added to an operation.

use std::collections::BTreeSet;

use serde_json::{Map, Value, json};

use crate::least_privilege::{condition_keys, resource_types};
use crate::service::arn_of;
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
        let actions: BTreeSet<String> = requirement
            .actions()
            .iter()
            .map(|action| action.action.to_string())
            .collect();
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
    let resources: Vec<String> = match resource_types(requirement).as_slice() {
        [] => vec!["*".to_owned()],
        types => types
            .iter()
            .map(|resource_type| arn_of(action, resource_type))
            .collect(),
    };
    members.insert("resources".to_owned(), json!(resources));
    members.insert(
        "conditionKeys".to_owned(),
        json!(condition_keys(requirement)),
    );
    let companions: Vec<Value> = action
        .companions
        .iter()
        .map(|companion| json!({ "action": companion.action, "when": companion.when }))
        .collect();
    members.insert("companions".to_owned(), json!(companions));
    Value::Object(members)
}
