//! The tables of a service, in the order of AWS's Service Authorization Reference.

use crate::cell::{Cell, Line, Link};
use crate::table::{Page, Table};
use pinpoint_iam::action::{
    ActionMetadata, DependentAction, Lifecycle, LifecycleState, ServiceMetadata, SourceVariant,
};
use pinpoint_iam::resource::{Field, IdFormat, ResourceTypeMetadata};

/// Returns the page of a service: its API operations, actions, permission-only actions, resource types and condition
/// keys, and the sources of these.
///
/// It supports every service of a catalog, including the application's own. The tables are in the order of the
/// [Service Authorization Reference](https://docs.aws.amazon.com/service-authorization/latest/reference/reference_policies_actions-resources-contextkeys.html).
/// A table without rows is kept, so that readers see that there are none.
///
/// ```
/// use pinpoint_iam_docs::{csv, service_page};
/// use pinpoint_iam::mobiletargeting;
///
/// let page = service_page(&mobiletargeting::SERVICE);
/// let titles: Vec<_> = page.tables().iter().map(|table| table.title()).collect();
/// assert_eq!(
///     titles,
///     ["API operations", "Actions", "Permission-only actions", "Resource types", "Condition keys", "Sources"],
/// );
/// assert_eq!(page.tables()[0].rows().len(), 122);
/// ```
pub fn service_page(service: &ServiceMetadata) -> Page {
    let mut page = Page::new(&format!("{} ({})", service.name, service.prefix));
    if let Some(address) = service.documentation {
        let line = Line::text("Documented at ")
            .and_text(address)
            .to(Link::Address(address.to_owned()))
            .and_text(".");
        page = page.with_paragraph(line);
    }
    service_tables(service)
        .into_iter()
        .fold(page, Page::with_table)
}

/// Returns the tables of [`service_page`], for use on another page. Their names start with the prefix of the service,
/// so one page can contain the tables of several services.
pub fn service_tables(service: &ServiceMetadata) -> [Table; 6] {
    [
        operations(service),
        actions(service, "actions", "Actions", |_| true),
        actions(
            service,
            "permission-only-actions",
            "Permission-only actions",
            |action| !has_operation(action),
        )
        .with_paragraph(Line::text(
            "Actions without an API operation: policies name them, requests do not.",
        )),
        resource_types(service),
        condition_keys(service),
        sources(service),
    ]
}

/// Returns the ARN template against which `action` is checked for resources of `resource_type`: the template of the
/// type, with the values that the action fixes.
pub fn arn_of(action: &ActionMetadata, resource_type: &ResourceTypeMetadata) -> String {
    action
        .pinned
        .iter()
        .fold(resource_type.arn.to_owned(), |arn, (placeholder, value)| {
            arn.replace(&format!("${{{placeholder}}}"), value)
        })
}

fn operations(service: &ServiceMetadata) -> Table {
    let mut table = Table::new(
        &format!("{}-operations", service.prefix),
        "API operations",
        [
            "Operation",
            "Method and path",
            "Status of success",
            "Action",
            "Dependent actions",
            "Request tags",
            "Documentation",
        ],
    );
    for action in service.actions {
        if !has_operation(action) {
            continue;
        }
        let status = action.route.map(|route| route.success_status.to_string());
        table.push(
            action.name,
            [
                Cell::code(action.name),
                method_and_path(action),
                Cell::text(&status.unwrap_or_default()),
                Cell::lines([action_line(action)]),
                dependent_actions(action),
                Cell::codes(action.request_tags),
                Cell::lines(action.documentation.map(address)),
            ],
        );
    }
    table
}

fn actions(
    service: &ServiceMetadata,
    name: &str,
    title: &str,
    is_listed: impl Fn(&ActionMetadata) -> bool,
) -> Table {
    let mut table = Table::new(
        &format!("{}-{name}", service.prefix),
        title,
        [
            "Action",
            "Access level",
            "Summary",
            "Resource types",
            "Resource ARN",
            "Condition keys",
            "Dependent actions",
            "Lifecycle",
            "Note",
            "Former names",
            "Sources",
            "As sources write it",
        ],
    );
    for action in service.actions.iter().filter(|action| is_listed(action)) {
        table.push(
            action.name,
            [
                Cell::code(&action.to_string()),
                Cell::text(action.access_level.map_or("", |level| level.name())),
                Cell::text(action.summary),
                Cell::lines(action.resource_types.iter().map(|resource_type| {
                    Line::code(resource_type.name).to(Link::Row {
                        table: format!("{}-resource-types", service.prefix),
                        row: resource_type.name.to_owned(),
                    })
                })),
                resource_arns(action),
                condition_key_links(service, action.condition_keys),
                dependent_actions(action),
                Cell::text(&lifecycle(&action.lifecycle)),
                note(action),
                Cell::codes(action.former_names),
                Cell::lines(action.sources.iter().map(|name| source(service, name))),
                Cell::lines(action.seen.iter().map(|seen| seen_line(service, seen))),
            ],
        );
    }
    table
}

fn resource_types(service: &ServiceMetadata) -> Table {
    let mut table = Table::new(
        &format!("{}-resource-types", service.prefix),
        "Resource types",
        ["Resource type", "ARN", "Summary", "Ids", "Condition keys"],
    );
    for resource_type in service.resource_types {
        table.push(
            resource_type.name,
            [
                Cell::code(resource_type.name),
                Cell::code(resource_type.arn),
                Cell::text(resource_type.summary),
                Cell::lines(resource_type.fields.iter().map(accepted)),
                condition_key_links(service, resource_type.condition_keys),
            ],
        );
    }
    table
}

fn condition_keys(service: &ServiceMetadata) -> Table {
    let mut table = Table::new(
        &format!("{}-condition-keys", service.prefix),
        "Condition keys",
        ["Condition key", "Summary", "Type"],
    );
    for key in service.condition_keys {
        table.push(
            key.name,
            [
                Cell::code(key.name),
                Cell::text(key.summary),
                Cell::text(key.value_type),
            ],
        );
    }
    table
}

fn sources(service: &ServiceMetadata) -> Table {
    let mut table = Table::new(
        &format!("{}-sources", service.prefix),
        "Sources",
        ["Source", "What it is", "Date of the copy"],
    );
    for source in service.sources {
        table.push(
            source.name,
            [
                Cell::code(source.name),
                Cell::text(source.title),
                Cell::text(source.date.unwrap_or_default()),
            ],
        );
    }
    table
}

/// Returns whether the action has an API operation, and is not only used in policies.
fn has_operation(action: &ActionMetadata) -> bool {
    action.route.is_some() || action.target.is_some()
}

/// Returns the route, or the header that names the operation if all operations share one path.
pub(super) fn method_and_path(action: &ActionMetadata) -> Cell {
    let route = action.route.map(|route| route.to_string());
    let target = action
        .target
        .map(|target| format!("X-Amz-Target: {target}"));
    Cell::codes(route.into_iter().chain(target))
}

/// Returns the action with its prefix, linked to its row.
pub(super) fn action_line(action: &ActionMetadata) -> Line {
    Line::code(&action.to_string()).to(Link::Row {
        table: format!("{}-actions", action.service.prefix),
        row: action.name.to_owned(),
    })
}

/// Returns the ARN templates against which `action` is checked, one for each of its resource types, or `*` if it has
/// none.
pub(super) fn resource_arns(action: &ActionMetadata) -> Cell {
    match action.resource_types {
        [] => Cell::code("*"),
        types => Cell::codes(
            types
                .iter()
                .map(|resource_type| arn_of(action, resource_type)),
        ),
    }
}

fn condition_key_links(service: &ServiceMetadata, keys: &[&str]) -> Cell {
    Cell::lines(keys.iter().map(|key| {
        Line::code(key).to(Link::Row {
            table: format!("{}-condition-keys", service.prefix),
            row: (*key).to_owned(),
        })
    }))
}

fn dependent_actions(action: &ActionMetadata) -> Cell {
    Cell::lines(action.dependent_actions.iter().map(dependent))
}

/// `iam:PassRole when the job names a role, for the resource in ExportJobRequest.RoleArn`.
pub(super) fn dependent(dependent: &DependentAction) -> Line {
    let mut line = Line::code(dependent.action)
        .and_text(" ")
        .and_text(dependent.when);
    for (index, member) in dependent.resource_from.iter().enumerate() {
        let joint = match index {
            0 => ", for the resource in ",
            _ => " and ",
        };
        line = line.and_text(joint).and_code(member);
    }
    line
}

fn lifecycle(lifecycle: &Lifecycle) -> String {
    match (lifecycle.state, lifecycle.ended) {
        (LifecycleState::Continues, _) => "continues".to_owned(),
        (LifecycleState::Unclear, _) => "unclear".to_owned(),
        (LifecycleState::Ended, Some(day)) => format!("ended {day}"),
        (LifecycleState::Ended, None) => "ended".to_owned(),
    }
}

fn note(action: &ActionMetadata) -> Cell {
    let undocumented = action
        .undocumented
        .then(|| Line::text("No reference lists the action."));
    let mut cell = Cell::lines(undocumented);
    cell.append(Cell::text(action.note.unwrap_or_default()));
    cell
}

/// Returns the name of a source, linked to its row.
fn source(service: &ServiceMetadata, name: &str) -> Line {
    Line::code(name).to(Link::Row {
        table: format!("{}-sources", service.prefix),
        row: name.to_owned(),
    })
}

/// Returns what a source states about an action: `developer-guide-2018: GET, arn:aws:…`.
fn seen_line(service: &ServiceMetadata, seen: &SourceVariant) -> Line {
    let mut line = source(service, seen.source);
    for (index, text) in seen.method.iter().chain(&seen.arn).enumerate() {
        let joint = if index == 0 { ": " } else { ", " };
        line = line.and_text(joint).and_code(text);
    }
    line
}

fn address(address: &str) -> Line {
    Line::text(address).to(Link::Address(address.to_owned()))
}

/// Returns the valid ids of a resource type: `AppId: an identifier`.
fn accepted(field: &Field) -> Line {
    let line = Line::code(field.placeholder);
    match field.accepts {
        IdFormat::Identifier => {
            line.and_text(": ASCII letters, digits, `-`, `_` and `.`, at most 128")
        }
        IdFormat::Opaque => line.and_text(": any text, percent-encoded in the ARN"),
        IdFormat::OneOf(names) => {
            let mut line = line.and_text(": one of ");
            for (index, name) in names.iter().enumerate() {
                if index > 0 {
                    line = line.and_text(", ");
                }
                line = line.and_code(name);
            }
            line
        }
    }
}
