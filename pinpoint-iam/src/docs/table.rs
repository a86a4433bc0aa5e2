//! A table without a format.

/// A table: a title, named columns and rows of cells, in a stable order.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Table {
    title: String,
    columns: Vec<&'static str>,
    rows: Vec<Vec<Cell>>,
}

/// One cell: lines of text, each shown as code or as prose. No line is an empty cell.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Cell {
    lines: Vec<(bool, String)>,
}

impl Table {
    /// A table without rows.
    pub fn new(title: impl Into<String>, columns: Vec<&'static str>) -> Self {
        Self {
            title: title.into(),
            columns,
            rows: Vec::new(),
        }
    }

    /// Adds a row; cells that are missing at its end stay empty, and none is dropped.
    pub fn push(&mut self, mut row: Vec<Cell>) {
        if row.len() < self.columns.len() {
            row.resize(self.columns.len(), Cell::default());
        }
        self.rows.push(row);
    }

    /// The title.
    pub fn title(&self) -> &str {
        &self.title
    }

    /// The names of the columns.
    pub fn columns(&self) -> &[&'static str] {
        &self.columns
    }

    /// The rows.
    pub fn rows(&self) -> &[Vec<Cell>] {
        &self.rows
    }
}

impl Cell {
    /// A cell with one line of prose; an empty text is an empty cell.
    pub fn text(text: impl Into<String>) -> Self {
        Self::lines(false, [text.into()])
    }

    /// A cell with one line of code.
    pub fn code(text: impl Into<String>) -> Self {
        Self::lines(true, [text.into()])
    }

    /// A cell with a line of code for each of `texts`.
    pub fn codes<T: Into<String>>(texts: impl IntoIterator<Item = T>) -> Self {
        Self::lines(true, texts.into_iter().map(Into::into))
    }

    fn lines(code: bool, texts: impl IntoIterator<Item = String>) -> Self {
        Self {
            lines: texts
                .into_iter()
                .filter(|text| !text.is_empty())
                .map(|text| (code, text))
                .collect(),
        }
    }

    /// Every line, and whether it is code.
    pub fn iter(&self) -> impl Iterator<Item = (bool, &str)> {
        self.lines.iter().map(|(code, text)| (*code, text.as_str()))
    }
}
