//! What stands in a cell of a table.

use super::text;

/// One cell: lines of text. No line is an empty cell.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Cell {
    lines: Vec<Line>,
}

/// One line of a cell, or a paragraph of a page: texts one behind the other.
///
/// Nothing in it is invisible: a line break becomes a blank, other control characters and those that turn the direction
/// of writing round are written as `\u{..}`.
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

/// Where a [`Part`] leads.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Link {
    /// To a row of a table of the same page.
    Row {
        /// The name of the table, see [`Table::name`](super::Table::name).
        table: String,
        /// The name of the row, see [`Row::name`](super::Row::name).
        row: String,
    },
    /// To an address that starts with `https://` or `http://`.
    Address(String),
}

impl Cell {
    /// An empty cell.
    pub const fn empty() -> Self {
        Self { lines: Vec::new() }
    }

    /// A cell of prose. A line break in `text` starts a new line of the cell, and what stands between backticks is shown
    /// as code.
    pub fn text(text: &str) -> Self {
        Self::lines(text::lines(text).map(|line| Line::text(&line)))
    }

    /// A cell with one line of code; an empty text is an empty cell.
    pub fn code(text: &str) -> Self {
        Self::codes([text])
    }

    /// A cell with a line of code for each of `texts`.
    pub fn codes<T: AsRef<str>>(texts: impl IntoIterator<Item = T>) -> Self {
        Self::lines(texts.into_iter().map(|text| Line::code(text.as_ref())))
    }

    /// A cell with these lines; empty ones are left out.
    pub fn lines(lines: impl IntoIterator<Item = Line>) -> Self {
        Self {
            lines: lines
                .into_iter()
                .filter(|line| !line.parts.is_empty())
                .collect(),
        }
    }

    /// The lines.
    pub fn iter(&self) -> impl Iterator<Item = &Line> {
        self.lines.iter()
    }

    /// Whether the cell has no line.
    pub const fn is_empty(&self) -> bool {
        self.lines.is_empty()
    }

    /// Adds the lines of `other` below those of this cell.
    pub(super) fn append(&mut self, other: Self) {
        self.lines.extend(other.lines);
    }
}

impl Line {
    /// A line of prose; what stands between backticks is shown as code.
    pub fn text(text: &str) -> Self {
        Self::default().and_text(text)
    }

    /// A line of code.
    pub fn code(text: &str) -> Self {
        Self::default().and_code(text)
    }

    /// The line with prose behind it.
    #[must_use]
    pub fn and_text(self, text: &str) -> Self {
        self.and(text, false)
    }

    /// The line with code behind it.
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

    /// The line with its last part leading to `link`.
    ///
    /// An address that starts with neither `https://` nor `http://` is left out: it could be a script.
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

    /// The parts.
    pub fn parts(&self) -> &[Part] {
        &self.parts
    }

    /// The texts of the parts, one behind the other.
    pub fn plain(&self) -> String {
        self.parts.iter().map(Part::text).collect()
    }
}

impl Part {
    /// The text. Where the part is prose, what stands between backticks is meant as code.
    pub fn text(&self) -> &str {
        &self.text
    }

    /// Whether the whole part is code.
    pub const fn is_code(&self) -> bool {
        self.is_code
    }

    /// Where the part leads.
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
