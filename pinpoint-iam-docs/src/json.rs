//! Pages as JSON.

use serde::ser::SerializeMap;
use serde::{Serialize, Serializer};

use super::cell::Line;
use super::table::{Column, Page, Row, Table};

/// Writes a page as JSON, with line breaks and a final newline, always in the same order.
///
/// Its JSON Schema is `docs/reference/tables.schema.json` in the repository. Members may be added to objects while `format` is 1,
/// so readers must ignore unknown members.
///
/// - `format`: 1.
/// - `title`, `introduction` (paragraphs).
/// - `tables`: each with `name`, `title`, `introduction`, `columns` (each with `name` and `title`, in order) and
///   `rows`.
/// - A row has `anchor`, its address on the page that [`html`](super::html) writes, and `cells`: an object with the
///   name of each column and the lines of the cell as plain texts.
pub fn json(page: &Page) -> String {
    let mut out = serde_json::to_string_pretty(&PageMembers::of(page))
        // Serializing a page cannot fail: the keys of its maps are text, and it is written to memory.
        .unwrap_or_default();
    out.push('\n');
    out
}

#[derive(Serialize)]
struct PageMembers<'a> {
    format: u32,
    title: &'a str,
    introduction: Vec<String>,
    tables: Vec<TableMembers<'a>>,
}

#[derive(Serialize)]
struct TableMembers<'a> {
    name: &'a str,
    title: &'a str,
    introduction: Vec<String>,
    columns: Vec<ColumnMembers<'a>>,
    rows: Vec<RowMembers<'a>>,
}

#[derive(Serialize)]
struct ColumnMembers<'a> {
    name: &'a str,
    title: &'a str,
}

#[derive(Serialize)]
struct RowMembers<'a> {
    anchor: String,
    cells: Cells<'a>,
}

/// An object with a member for each column, in the order of the columns.
struct Cells<'a> {
    columns: &'a [Column],
    row: &'a Row,
}

impl<'a> PageMembers<'a> {
    fn of(page: &'a Page) -> Self {
        Self {
            format: 1,
            title: page.title(),
            introduction: page.introduction().iter().map(Line::plain).collect(),
            tables: page.tables().iter().map(TableMembers::of).collect(),
        }
    }
}

impl<'a> TableMembers<'a> {
    fn of(table: &'a Table) -> Self {
        Self {
            name: table.name(),
            title: table.title(),
            introduction: table.introduction().iter().map(Line::plain).collect(),
            columns: table
                .columns()
                .iter()
                .map(|column| ColumnMembers {
                    name: column.name(),
                    title: column.title(),
                })
                .collect(),
            rows: table
                .rows()
                .iter()
                .map(|row| RowMembers {
                    anchor: table.anchor_of(row),
                    cells: Cells {
                        columns: table.columns(),
                        row,
                    },
                })
                .collect(),
        }
    }
}

impl Serialize for Cells<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut members = serializer.serialize_map(Some(self.columns.len()))?;
        for (column, cell) in self.columns.iter().zip(self.row.cells()) {
            let lines: Vec<String> = cell.iter().map(Line::plain).collect();
            members.serialize_entry(column.name(), &lines)?;
        }
        members.end()
    }
}
