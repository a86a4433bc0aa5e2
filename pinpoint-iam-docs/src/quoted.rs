//! The contents of one source, compared with the catalog.

use crate::cell::{Cell, Line};
use crate::service::{method_and_path, resource_arns};
use crate::table::Table;
use pinpoint_iam::action::ServiceMetadata;

/// Returns a table of the actions that one source lists, next to the ARN or method that the source itself states for
/// them.
///
/// `source` is a short name of [`ServiceMetadata::sources`].
pub fn quoted_table(name: &str, title: &str, source: &str, services: &[&ServiceMetadata]) -> Table {
    let mut table = Table::new(
        name,
        title,
        [
            "Action",
            "Access level",
            "Method and path",
            "Resource ARN",
            "Condition keys",
            "ARN in the document",
            "Method in the document",
            "Note",
        ],
    );
    for action in services.iter().flat_map(|service| service.actions) {
        let seen: Vec<_> = action
            .seen
            .iter()
            .filter(|seen| seen.source == source)
            .collect();
        if seen.is_empty() {
            continue;
        }
        table.push(
            &action.to_string(),
            [
                Cell::lines([Line::code(&action.to_string())]),
                Cell::text(action.access_level.map_or("", |level| level.name())),
                method_and_path(action),
                resource_arns(action),
                Cell::codes(action.condition_keys),
                Cell::codes(seen.iter().filter_map(|seen| seen.arn)),
                Cell::codes(seen.iter().filter_map(|seen| seen.method)),
                Cell::text(action.note.unwrap_or_default()),
            ],
        );
    }
    table
}
