//! Pages and tables without a format.

use super::cell::{Cell, Line};
use super::text;

/// A document: a title, paragraphs and tables.
///
/// A page says nothing about how it is written; that is for [`markdown`](super::markdown), [`json`](super::json),
/// [`csv`](super::csv) and [`html`](super::html). All of them write the same page to the same bytes.
///
/// ```
/// use pinpoint_iam::docs::{Cell, Page, Table, markdown};
///
/// let mut table = Table::new("books", "Books", ["Title", "ARN"]);
/// table.push("emma", [Cell::text("Emma"), Cell::code("arn:aws:shelf:::books/emma")]);
/// let page = Page::new("Shelf").with_table(table);
/// assert!(markdown(&page).contains("| Emma | `arn:aws:shelf:::books/emma` |"));
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Page {
    title: String,
    introduction: Vec<Line>,
    tables: Vec<Table>,
}

/// A table: a title, named columns, and rows of cells in a stable order.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Table {
    name: String,
    title: String,
    introduction: Vec<Line>,
    columns: Vec<Column>,
    rows: Vec<Row>,
}

/// A column of a [`Table`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Column {
    name: String,
    title: String,
}

/// A row of a [`Table`], with exactly one cell for each column.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Row {
    name: String,
    cells: Vec<Cell>,
}

impl Page {
    /// A page without tables.
    pub fn new(title: &str) -> Self {
        Self {
            title: text::one_line(title),
            introduction: Vec::new(),
            tables: Vec::new(),
        }
    }

    /// The page with one more paragraph in front of its tables.
    #[must_use]
    pub fn with_paragraph(mut self, paragraph: Line) -> Self {
        self.introduction.push(paragraph);
        self
    }

    /// The page with one more table.
    ///
    /// Where the page has a table of that name, the new one is given a number behind its name: links are unambiguous.
    #[must_use]
    pub fn with_table(mut self, mut table: Table) -> Self {
        table.name = text::unique(table.name, |name| {
            self.tables.iter().any(|other| other.name == name)
        });
        self.tables.push(table);
        self
    }

    /// The title.
    pub fn title(&self) -> &str {
        &self.title
    }

    /// The paragraphs in front of the tables.
    pub fn introduction(&self) -> &[Line] {
        &self.introduction
    }

    /// The tables.
    pub fn tables(&self) -> &[Table] {
        &self.tables
    }
}

impl Table {
    /// A table without rows.
    ///
    /// `name` is what addresses and files call it, for example `mobiletargeting-actions`: letters, digits, `-` and `_`,
    /// and whatever else is in it becomes `-`. A table has at least one column; without any it is given one without a title.
    pub fn new<T: AsRef<str>>(
        name: &str,
        title: &str,
        columns: impl IntoIterator<Item = T>,
    ) -> Self {
        let mut all: Vec<Column> = Vec::new();
        for title in columns {
            all.push(Column::new(title.as_ref(), &all));
        }
        if all.is_empty() {
            all.push(Column::new("", &all));
        }
        Self {
            name: text::anchor(&name.replace([':', '/'], "-")),
            title: text::one_line(title),
            introduction: Vec::new(),
            columns: all,
            rows: Vec::new(),
        }
    }

    /// The table with one more paragraph in front of its rows.
    #[must_use]
    pub fn with_paragraph(mut self, paragraph: Line) -> Self {
        self.introduction.push(paragraph);
        self
    }

    /// Adds a row.
    ///
    /// `name` is what addresses call it, for example `GetCampaign`; where the table has a row of that name, the new one is
    /// given a number behind it. Cells that are missing at the end are empty, and what is too much joins the last one:
    /// nothing is dropped.
    pub fn push(&mut self, name: &str, cells: impl IntoIterator<Item = Cell>) {
        let mut given = cells.into_iter();
        let mut cells: Vec<Cell> = self
            .columns
            .iter()
            .map(|_| given.next().unwrap_or_default())
            .collect();
        if let Some(last) = cells.last_mut() {
            given.for_each(|cell| last.append(cell));
        }
        let name = text::unique(text::anchor(name), |name| {
            self.rows.iter().any(|row| row.name == name)
        });
        self.rows.push(Row { name, cells });
    }

    /// What addresses and files call the table.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The title.
    pub fn title(&self) -> &str {
        &self.title
    }

    /// The paragraphs in front of the rows.
    pub fn introduction(&self) -> &[Line] {
        &self.introduction
    }

    /// The columns; never empty.
    pub fn columns(&self) -> &[Column] {
        &self.columns
    }

    /// The rows.
    pub fn rows(&self) -> &[Row] {
        &self.rows
    }

    /// The address of a row behind `#`: `mobiletargeting-actions.GetCampaign`.
    ///
    /// The name of a table has no dot, so that no two rows of a page share one.
    pub fn anchor_of(&self, row: &Row) -> String {
        anchor_of(&self.name, &row.name)
    }
}

/// The address of the row called `row` in the table called `table`.
pub(super) fn anchor_of(table: &str, row: &str) -> String {
    format!("{table}.{}", text::anchor(row))
}

impl Column {
    fn new(title: &str, others: &[Self]) -> Self {
        let title = text::one_line(title);
        let name = text::anchor(&title.to_ascii_lowercase());
        Self {
            name: text::unique(name, |name| others.iter().any(|other| other.name == name)),
            title,
        }
    }

    /// What JSON calls the column: its title in lower case with `-` for blanks.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The title.
    pub fn title(&self) -> &str {
        &self.title
    }
}

impl Row {
    /// What addresses call the row.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The cells, one for each column.
    pub fn cells(&self) -> &[Cell] {
        &self.cells
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_is_dropped_and_every_name_is_unique() {
        let mut table = Table::new("a.b", "T", ["X", "x"]);
        table.push("r", [Cell::text("1")]);
        table.push("r", ["1", "2", "3"].map(Cell::text));
        let columns: Vec<_> = table.columns().iter().map(Column::name).collect();
        assert_eq!(columns, ["x", "x-2"]);
        let rows: Vec<_> = table
            .rows()
            .iter()
            .map(|row| table.anchor_of(row))
            .collect();
        assert_eq!(rows, ["a-b.r", "a-b.r-2"]);
        assert_eq!(table.rows()[0].cells(), [Cell::text("1"), Cell::empty()]);
        assert_eq!(
            table.rows()[1].cells(),
            [Cell::text("1"), Cell::text("2\n3")]
        );

        let page = Page::new("P").with_table(table.clone()).with_table(table);
        let tables: Vec<_> = page.tables().iter().map(Table::name).collect();
        assert_eq!(tables, ["a-b", "a-b-2"]);

        let mut bare = Table::new("t", "T", [""; 0]);
        bare.push("r", [Cell::text("1")]);
        assert_eq!(bare.rows()[0].cells(), [Cell::text("1")]);
    }
}
