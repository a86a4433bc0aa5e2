//! Tables of actions.

use crate::action::{ActionMetadata, ServiceMetadata};
use crate::docs::table::{Cell, Table};
use crate::resource::ResourceTypeMetadata;

/// The action table of a service: action, access level, method and path, ARN, condition keys, summary.
pub fn action_table<'a>(
    title: &str,
    actions: impl IntoIterator<Item = &'a ActionMetadata>,
) -> Table {
    let mut columns = Vec::from(COMMON_COLUMNS);
    columns.push("Summary");
    let mut table = Table::new(title, columns);
    for action in actions {
        let mut row = common_cells(action);
        row.push(Cell::text(action.summary));
        table.push(row);
    }
    table
}

/// The actions that one source lists, beside what that source itself says of them where it names an ARN or method.
///
/// `source` is a short name of [`ServiceMetadata::sources`].
pub fn seen_table(title: &str, source: &str, services: &[&'static ServiceMetadata]) -> Table {
    let mut columns = Vec::from(COMMON_COLUMNS);
    columns.extend(["ARN in the document", "Method in the document", "Note"]);
    let mut table = Table::new(title, columns);
    for action in services.iter().flat_map(|service| service.actions) {
        let seen: Vec<_> = action
            .seen
            .iter()
            .filter(|seen| seen.source == source)
            .collect();
        if seen.is_empty() {
            continue;
        }
        let mut row = common_cells(action);
        row.push(Cell::codes(seen.iter().filter_map(|seen| seen.arn)));
        row.push(Cell::codes(seen.iter().filter_map(|seen| seen.method)));
        row.push(Cell::text(action.note.unwrap_or_default()));
        table.push(row);
    }
    table
}

const COMMON_COLUMNS: [&str; 5] = [
    "Action",
    "Access level",
    "Method and path",
    "Resource ARN",
    "Condition keys",
];

fn common_cells(action: &ActionMetadata) -> Vec<Cell> {
    let arns = match action.resource_types {
        [] => vec!["*".to_owned()],
        types => types
            .iter()
            .map(|resource_type| arn_of(action, resource_type))
            .collect(),
    };
    vec![
        Cell::code(action.to_string()),
        Cell::text(
            action
                .access_level
                .map(|level| level.name())
                .unwrap_or_default(),
        ),
        Cell::codes(action.route.map(|route| route.to_string())),
        Cell::codes(arns),
        Cell::codes(action.condition_keys.iter().copied()),
    ]
}

/// The ARN template that `action` is checked against for resources of `resource_type`: the type's own, with the values
/// that the action fixes.
pub fn arn_of(action: &ActionMetadata, resource_type: &ResourceTypeMetadata) -> String {
    action
        .pinned
        .iter()
        .fold(resource_type.arn.to_owned(), |arn, (placeholder, value)| {
            arn.replace(&format!("${{{placeholder}}}"), value)
        })
}
