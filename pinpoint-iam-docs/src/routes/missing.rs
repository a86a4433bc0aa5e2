//! Actions without a route and handlers without a mount.

use super::{NotMounted, cells};
use crate::cell::{Cell, Line};
use crate::service::method_and_path;
use crate::table::Table;
use pinpoint_iam::action::{ActionMetadata, ServiceMetadata};
use pinpoint_iam::web::{Access, Declaration, RouteTable};

/// Returns the actions of a service that no route requires, including those without an API operation.
pub(super) fn actions(service: &'static ServiceMetadata, routes: &RouteTable) -> Table {
    let is_required = |action: &ActionMetadata| {
        routes
            .iter()
            .filter_map(|route| route.declaration.requirement())
            .flat_map(|requirement| requirement.actions())
            .any(|required| required.action == action)
    };
    let (served, missing): (Vec<_>, Vec<_>) = service
        .actions
        .iter()
        .partition(|action| is_required(action));
    let mut table = Table::new(
        &format!("{}-without-route", service.prefix),
        &format!("Actions of {} without a route", service.name),
        ["Action", "Method and path", "Access level", "Summary"],
    )
    .with_paragraph(Line::text(&format!(
        "{} of {} actions of the catalog are required by no route.",
        missing.len(),
        served.len() + missing.len()
    )));
    for action in missing {
        table.push(
            action.name,
            [
                Cell::code(&action.to_string()),
                method_and_path(action),
                Cell::text(action.access_level.map_or("", |level| level.name())),
                Cell::text(action.summary),
            ],
        );
    }
    table
}

/// Returns the handlers that are declared but not mounted.
pub(super) fn handlers(handlers: &[NotMounted], has_lines: bool) -> Table {
    let remark = match handlers.len() {
        0 => "Every handler with a declaration is mounted.".to_owned(),
        count => format!("{count} handlers have a declaration, but are not mounted."),
    };
    let mut table = Table::new(
        "not-mounted",
        "Declared and not mounted",
        ["Handler", "Requires", "Place"],
    )
    .with_paragraph(Line::text(&remark));
    for handler in handlers {
        let (name, requires, place) = match handler {
            NotMounted::Declared(declaration) => (
                cells::handler(declaration),
                requires(declaration),
                cells::place(declaration, has_lines),
            ),
            NotMounted::Found { handler, place } => (handler.clone(), Cell::empty(), place.clone()),
        };
        table.push(&name, [Cell::code(&name), requires, Cell::code(&place)]);
    }
    table
}

fn requires(declaration: &Declaration) -> Cell {
    match &declaration.access {
        Access::Requires { requirement, .. } => Cell::code(&cells::expression(requirement)),
        Access::Public { reason } => Cell::text(&format!("nothing: {reason}")),
    }
}

/// Returns whether both belong to the same handler.
///
/// A declaration is a constant, of which the compiler may create several copies. Therefore its contents are compared
/// and not its address.
pub(super) fn is_same(one: &Declaration, other: &Declaration) -> bool {
    let name = |declaration: &Declaration| {
        (
            declaration.module_path,
            declaration.handler,
            declaration.file,
            declaration.line,
        )
    };
    name(one) == name(other)
}
