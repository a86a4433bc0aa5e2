//! Pages and tables, independent of a format.

use super::cell::{Cell, Line};
use super::text;

/// A document: a title, paragraphs and tables.
///
/// A page is independent of its format; [`markdown`](super::markdown), [`json`](super::json),
/// [`csv`](super::csv) and [`html`](super::html) write it. Each of them writes equal pages to the same bytes.
///
/// ```
/// use pinpoint_iam_docs::{Cell, Page, Table, markdown};
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
    /// Creates a page without tables.
    pub fn new(title: &str) -> Self {
        Self {
            title: text::one_line(title),
            introduction: Vec::new(),
            tables: Vec::new(),
        }
    }

    /// Adds a paragraph before the tables.
    #[must_use]
    pub fn with_paragraph(mut self, paragraph: Line) -> Self {
        self.introduction.push(paragraph);
        self
    }

    /// Adds a table.
    ///
    /// If the page already has a table with that name, a number is appended to the new table's name, so that links are
    /// unambiguous.
    #[must_use]
    pub fn with_table(mut self, mut table: Table) -> Self {
        table.name = text::unique(table.name, |name| {
            self.tables.iter().any(|other| other.name == name)
        });
        self.tables.push(table);
        self
    }

    /// Returns the title.
    pub fn title(&self) -> &str {
        &self.title
    }

    /// Returns the paragraphs before the tables.
    pub fn introduction(&self) -> &[Line] {
        &self.introduction
    }

    /// Returns the tables.
    pub fn tables(&self) -> &[Table] {
        &self.tables
    }
}

impl Table {
    /// Creates a table without rows.
    ///
    /// `name` identifies the table in addresses and file names, for example `mobiletargeting-actions`. It consists of
    /// letters, digits, `-` and `_`; other characters become `-`. A table has at least one column: if there is none,
    /// one without a title is added.
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

    /// Adds a paragraph before the rows.
    #[must_use]
    pub fn with_paragraph(mut self, paragraph: Line) -> Self {
        self.introduction.push(paragraph);
        self
    }

    /// Adds a row.
    ///
    /// `name` identifies the row in addresses, for example `GetCampaign`. If the table already has a row with that
    /// name, a number is appended. Missing cells at the end are empty, and surplus cells are appended to the last one,
    /// so nothing is lost.
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

    /// Returns the name of the table in addresses and file names.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Returns the title.
    pub fn title(&self) -> &str {
        &self.title
    }

    /// Returns the paragraphs before the rows.
    pub fn introduction(&self) -> &[Line] {
        &self.introduction
    }

    /// Returns the columns, of which there is at least one.
    pub fn columns(&self) -> &[Column] {
        &self.columns
    }

    /// Returns the rows.
    pub fn rows(&self) -> &[Row] {
        &self.rows
    }

    /// Returns the fragment of a row's address: `mobiletargeting-actions.GetCampaign`.
    ///
    /// The name of a table does not contain a dot, so no two rows of a page share a fragment.
    pub fn anchor_of(&self, row: &Row) -> String {
        anchor_of(&self.name, &row.name)
    }
}

/// Returns the fragment for the row called `row` in the table called `table`.
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

    /// Returns the name of the column in JSON: its title in lower case with `-` for blanks.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Returns the title.
    pub fn title(&self) -> &str {
        &self.title
    }
}

impl Row {
    /// Returns the name of the row in addresses.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Returns the cells, one for each column.
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
