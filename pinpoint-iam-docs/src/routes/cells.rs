//! The cells of a route in the table of routes.

use std::collections::BTreeSet;

use crate::cell::{Cell, Line};
use crate::least_privilege::{condition_keys, fixing_action, resource_types};
use crate::service::arn_of;
use pinpoint_iam::action::ActionMetadata;
use pinpoint_iam::resource::ResourceTypeMetadata;
use pinpoint_iam::web::{
    Access, ActionRequirement, BindingSource, Declaration, FieldBinding, MountedRoute, Requirement,
    ResourceBinding,
};

pub(super) const COLUMNS: [&str; 7] = [
    "Route",
    "Requires",
    "Resource",
    "Checked",
    "Condition keys",
    "Public because",
    "Handler",
];

/// A route to be written as a row of cells.
pub(super) struct RouteCells<'r> {
    pub(super) route: &'r MountedRoute,
    pub(super) has_lines: bool,
}

impl RouteCells<'_> {
    pub(super) fn all(&self) -> [Cell; COLUMNS.len()] {
        let declaration = self.route.declaration;
        let handler = Cell::codes([handler(declaration), place(declaration, self.has_lines)]);
        let route = Cell::code(&self.route.to_string());
        match &declaration.access {
            Access::Public { reason } => [
                route,
                Cell::text("nothing"),
                Cell::empty(),
                Cell::text("not checked"),
                Cell::empty(),
                Cell::text(reason),
                handler,
            ],
            Access::Requires {
                requirement,
                after_body,
            } => [
                route,
                Cell::code(&expression(requirement)),
                resources(requirement),
                Cell::text(if *after_body {
                    "after the body"
                } else {
                    "before the body"
                }),
                all_condition_keys(requirement),
                Cell::empty(),
                handler,
            ],
        }
    }
}

/// Returns the actions and how they combine, in the notation of the attribute: `all(mobiletargeting:GetCampaign,
/// any(mobiletargeting:GetSegment, …))`, with the condition keys that the handler supplies and the dependent actions:
/// `mobiletargeting:CreateExportJob(dependents(iam:PassRole))`.
pub(crate) fn expression(requirement: &Requirement) -> String {
    let several = |requirements: &[Requirement]| -> String {
        let all: Vec<String> = requirements.iter().map(expression).collect();
        all.join(", ")
    };
    match requirement {
        Requirement::Action(action) => action_expression(action),
        Requirement::All(requirements) => format!("all({})", several(requirements)),
        Requirement::Any(requirements) => format!("any({})", several(requirements)),
    }
}

fn action_expression(requirement: &ActionRequirement) -> String {
    let action = requirement.action.to_string();
    let mut arguments = Vec::new();
    if !requirement.keys.is_empty() {
        arguments.push(format!("keys({})", requirement.keys.join(", ")));
    }
    let dependents = requirement.dependents.iter();
    let dependents: Vec<String> = dependents
        .map(|dependent| dependent.action.to_string())
        .collect();
    if !dependents.is_empty() {
        arguments.push(format!("dependents({})", dependents.join(", ")));
    }
    match arguments.as_slice() {
        [] => action,
        arguments => format!("{action}({})", arguments.join(", ")),
    }
}

/// Returns the path of the handler.
pub(super) fn handler(declaration: &Declaration) -> String {
    format!("{}::{}", declaration.module_path, declaration.handler)
}

/// Returns the file of the handler, with `/` between folders on every system, and the line.
pub(super) fn place(declaration: &Declaration, has_line: bool) -> String {
    let file = declaration.file.replace('\\', "/");
    if has_line {
        format!("{file}:{}", declaration.line)
    } else {
        file
    }
}

/// Returns the resources of every action. If there are several actions, each line starts with the action that it is
/// about.
fn resources(requirement: &Requirement) -> Cell {
    let actions = requirement.actions();
    let has_dependents = actions.iter().any(|action| !action.dependents.is_empty());
    let is_alone = actions.len() == 1 && !has_dependents;
    let mut lines = Vec::new();
    for action in actions {
        let of = if is_alone {
            Line::default()
        } else {
            Line::code(action.action.name).and_text(": ")
        };
        lines.extend(resource_lines(
            action.action,
            &action.resource,
            action.action,
            &of,
        ));
        for dependent in action.dependents {
            let of = Line::code(dependent.action.name).and_text(if dependent.only_with_tags {
                ", only with tags: "
            } else {
                ": "
            });
            let fixes = fixing_action(action, dependent);
            lines.extend(resource_lines(
                dependent.action,
                &dependent.resource,
                fixes,
                &of,
            ));
        }
    }
    Cell::lines(lines)
}

/// `fixes` is the action that fixes values of placeholders in the ARN.
fn resource_lines(
    action: &'static ActionMetadata,
    resource: &ResourceBinding,
    fixes: &'static ActionMetadata,
    of: &Line,
) -> Vec<Line> {
    let types = resource_types(action, resource);
    if let (ResourceBinding::WholeArn(expression), false) = (resource, action.has_catalog()) {
        return vec![of.clone().and_text("the ARN from ").and_code(expression)];
    }
    if types.is_empty() {
        return vec![of.clone().and_code("*")];
    }
    let template = |resource_type: &&'static ResourceTypeMetadata| {
        of.clone().and_code(&arn_of(fixes, resource_type))
    };
    let mut lines: Vec<Line> = types.iter().map(template).collect();
    match resource {
        ResourceBinding::All | ResourceBinding::Created(_) => {}
        ResourceBinding::Resource(expression) | ResourceBinding::Constructed(_, expression) => {
            lines.push(Line::text("the resource from ").and_code(expression))
        }
        ResourceBinding::WholeArn(parameter) => {
            lines.push(Line::text("the ARN from ").and_code(parameter))
        }
        ResourceBinding::Fields(bindings) => {
            lines.extend(bindings.iter().filter_map(|binding| bound(binding, &types)));
        }
    }
    lines
}

/// Returns the source of a placeholder's value, or `None` if the template already contains the value.
fn bound(binding: &FieldBinding, types: &[&'static ResourceTypeMetadata]) -> Option<Line> {
    let mut fields = types.iter().flat_map(|resource_type| resource_type.fields);
    let placeholder = fields
        .find(|field| field.name == binding.field)
        .map_or(binding.field, |field| field.placeholder);
    let line = Line::code(&format!("${{{placeholder}}}")).and_text(" from ");
    match binding.from {
        BindingSource::Pinned(_) => None,
        BindingSource::Parameter(parameter) => Some(line.and_code(parameter)),
        BindingSource::Expression(expression) => Some(line.and_code(expression)),
    }
}

/// Returns the condition keys of all actions of the route.
fn all_condition_keys(requirement: &Requirement) -> Cell {
    let actions = requirement.actions();
    let keys = actions.into_iter().flat_map(|action| {
        let dependents = action.dependents.iter();
        dependents
            .flat_map(|dependent| condition_keys(dependent.action, &dependent.resource))
            .chain(condition_keys(action.action, &action.resource))
    });
    let keys: BTreeSet<&str> = keys.collect();
    Cell::codes(keys)
}
