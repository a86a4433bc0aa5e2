//! The contents of a table cell.

use super::text;

/// One cell, which consists of lines of text. A cell without lines is empty.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Cell {
    lines: Vec<Line>,
}

/// One line of a cell, or a paragraph of a page. It is a sequence of texts.
///
/// All of its characters are visible: a line break becomes a space, and other control characters and those that change
/// the text direction are written as `\u{..}`.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Line {
    parts: Vec<Part>,
}

/// A part of a [`Line`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Part {
    text: String,
    is_code: bool,
    link: Option<Link>,
}

/// The target of a [`Part`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Link {
    /// A row of a table on the same page.
    Row {
        /// The name of the table, see [`Table::name`](super::Table::name).
        table: String,
        /// The name of the row, see [`Row::name`](super::Row::name).
        row: String,
    },
    /// An address that starts with `https://` or `http://`.
    Address(String),
}

impl Cell {
    /// Creates an empty cell.
    pub const fn empty() -> Self {
        Self { lines: Vec::new() }
    }

    /// Creates a cell of prose. A line break in `text` starts a new line of the cell, and text between backticks is
    /// shown as code.
    pub fn text(text: &str) -> Self {
        Self::lines(text::lines(text).map(|line| Line::text(&line)))
    }

    /// Creates a cell with one line of code. An empty text results in an empty cell.
    pub fn code(text: &str) -> Self {
        Self::codes([text])
    }

    /// Creates a cell with a line of code for each of `texts`.
    pub fn codes<T: AsRef<str>>(texts: impl IntoIterator<Item = T>) -> Self {
        Self::lines(texts.into_iter().map(|text| Line::code(text.as_ref())))
    }

    /// Creates a cell with these lines, without the empty ones.
    pub fn lines(lines: impl IntoIterator<Item = Line>) -> Self {
        Self {
            lines: lines
                .into_iter()
                .filter(|line| !line.parts.is_empty())
                .collect(),
        }
    }

    /// Returns the lines.
    pub fn iter(&self) -> impl Iterator<Item = &Line> {
        self.lines.iter()
    }

    /// Returns whether the cell has no lines.
    pub const fn is_empty(&self) -> bool {
        self.lines.is_empty()
    }

    /// Appends the lines of `other` to this cell.
    pub(super) fn append(&mut self, other: Self) {
        self.lines.extend(other.lines);
    }
}

impl Line {
    /// Creates a line of prose. Text between backticks is shown as code.
    pub fn text(text: &str) -> Self {
        Self::default().and_text(text)
    }

    /// Creates a line of code.
    pub fn code(text: &str) -> Self {
        Self::default().and_code(text)
    }

    /// Appends prose to the line.
    #[must_use]
    pub fn and_text(self, text: &str) -> Self {
        self.and(text, false)
    }

    /// Appends code to the line.
    #[must_use]
    pub fn and_code(self, text: &str) -> Self {
        self.and(text, true)
    }

    fn and(mut self, text: &str, is_code: bool) -> Self {
        let text = text::one_line(text);
        if !text.is_empty() {
            self.parts.push(Part {
                text,
                is_code,
                link: None,
            });
        }
        self
    }

    /// Links the last part of the line to `link`.
    ///
    /// An address that starts with neither `https://` nor `http://` is omitted, because it could be a script.
    #[must_use]
    pub fn to(mut self, link: Link) -> Self {
        let is_safe = match &link {
            Link::Row { .. } => true,
            Link::Address(address) => {
                (address.starts_with("https://") || address.starts_with("http://"))
                    && address
                        .bytes()
                        .all(|byte| byte.is_ascii_graphic() && !b"<>\"'`\\".contains(&byte))
            }
        };
        if is_safe && let Some(part) = self.parts.last_mut() {
            part.link = Some(link);
        }
        self
    }

    /// Returns the parts.
    pub fn parts(&self) -> &[Part] {
        &self.parts
    }

    /// Returns the concatenated texts of the parts.
    pub fn plain(&self) -> String {
        self.parts.iter().map(Part::text).collect()
    }
}

impl Part {
    /// Returns the text. If the part is prose, text between backticks is code.
    pub fn text(&self) -> &str {
        &self.text
    }

    /// Returns whether the whole part is code.
    pub const fn is_code(&self) -> bool {
        self.is_code
    }

    /// Returns the target of the part's link.
    pub const fn link(&self) -> Option<&Link> {
        self.link.as_ref()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_addresses_of_the_web_are_links() {
        for address in [
            "javascript:alert(1)",
            "data:text/html,x",
            "https://a.example/\"onclick=",
            "https://a.example/ b",
            "//a.example",
        ] {
            let line = Line::text("x").to(Link::Address(address.to_owned()));
            assert_eq!(line.parts.first().and_then(Part::link), None, "{address}");
        }
        let address = Link::Address("https://a.example/#x".to_owned());
        let line = Line::text("x").to(address.clone());
        assert_eq!(line.parts.first().and_then(Part::link), Some(&address));
    }
}
