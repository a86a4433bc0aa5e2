//! Errors in catalogs, with their positions.
//!
//! An error is displayed in two forms: on one line, for editors and build logs, and with the line of the file and a
//! marker below it, for people.

use std::cell::{Cell, OnceCell, RefCell};
use std::fmt;
use std::ops::Range;

use crate::lookup::nearest;

/// An error in a catalog file.
///
/// Displayed as `file:line:column: message; hint`, which editors turn into a link.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CatalogError {
    file: String,
    line: usize,
    column: usize,
    /// The line of the file, without its line ending.
    source: String,
    /// The number of marked characters, at least 1.
    width: usize,
    message: String,
    hint: String,
}

impl CatalogError {
    /// The name of the file, as passed to the parser.
    pub fn file(&self) -> &str {
        &self.file
    }

    /// The line number, counted from 1.
    pub const fn line(&self) -> usize {
        self.line
    }

    /// The column in characters, counted from 1.
    pub const fn column(&self) -> usize {
        self.column
    }

    /// The number of characters to which the error refers, on this line; at least 1.
    pub const fn width(&self) -> usize {
        self.width
    }

    /// What is wrong.
    pub fn message(&self) -> &str {
        &self.message
    }

    /// What to do about it.
    pub fn hint(&self) -> &str {
        &self.hint
    }

    /// The error in the style of the compiler: the line of the file, a marker below it, and the hint.
    ///
    /// ```
    /// use pinpoint_iam_catalog::{Catalog, SourceFile};
    ///
    /// let faults = Catalog::load([SourceFile::new("orders.toml", "format = 7")]).unwrap_err();
    /// let format = faults.iter().find(|fault| fault.message().contains("format")).unwrap();
    /// assert_eq!(
    ///     format.report().to_string(),
    ///     "error: unknown catalog format 7
    ///  --> orders.toml:1:10
    ///   |
    /// 1 | format = 7
    ///   |          ^
    ///   = help: this version reads the format 1"
    /// );
    /// ```
    pub fn report(&self) -> impl fmt::Display + '_ {
        Report(self)
    }
}

/// See [`CatalogError::report`].
struct Report<'a>(&'a CatalogError);

/// The number of characters shown before and after the marked range; a line may be as long as the file.
const MARGIN: usize = 120;

impl fmt::Display for Report<'_> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let CatalogError {
            file,
            line,
            column,
            source,
            width,
            message,
            hint,
        } = self.0;
        let number = line.to_string();
        let gutter = " ".repeat(number.len());
        let before = column.saturating_sub(1);
        let skipped = before.saturating_sub(MARGIN);
        let width = (*width).min(MARGIN);
        // Characters that a terminal does not show one column wide would misplace the marker.
        let shown: String = source
            .chars()
            .skip(skipped)
            .take(before - skipped + width + MARGIN)
            .map(|character| {
                if character.is_control() {
                    ' '
                } else {
                    character
                }
            })
            .collect();
        let blanks = " ".repeat(before - skipped);
        let marks = "^".repeat(width);
        writeln!(formatter, "error: {message}")?;
        writeln!(formatter, "{gutter}--> {file}:{line}:{column}")?;
        writeln!(formatter, "{gutter} |")?;
        writeln!(formatter, "{number} | {}", shown.trim_end())?;
        writeln!(formatter, "{gutter} | {blanks}{marks}")?;
        write!(formatter, "{gutter} = help: {hint}")
    }
}

impl fmt::Display for CatalogError {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self {
            file,
            line,
            column,
            source: _,
            width: _,
            message,
            hint,
        } = self;
        write!(formatter, "{file}:{line}:{column}: {message}; {hint}")
    }
}

/// All errors in the files of a catalog; at least one.
///
/// Displayed with one error per line, in the order of the files.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CatalogErrors(Vec<CatalogError>);

impl CatalogErrors {
    /// The errors, in the order of the files and of the lines in them.
    pub fn iter(&self) -> std::slice::Iter<'_, CatalogError> {
        self.0.iter()
    }

    /// Every error in the style of the compiler, separated by empty lines, see [`CatalogError::report`].
    pub fn report(&self) -> impl fmt::Display + '_ {
        Reports(self)
    }

    /// Returns `Ok` if `faults` is empty.
    pub(crate) fn check(faults: Vec<CatalogError>) -> Result<(), Self> {
        if faults.is_empty() {
            Ok(())
        } else {
            Err(Self(faults))
        }
    }
}

/// See [`CatalogErrors::report`].
struct Reports<'a>(&'a CatalogErrors);

impl fmt::Display for Reports<'_> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, fault) in self.0.iter().enumerate() {
            let separator = if index == 0 { "" } else { "\n\n" };
            write!(formatter, "{separator}{}", fault.report())?;
        }
        Ok(())
    }
}

impl<'a> IntoIterator for &'a CatalogErrors {
    type Item = &'a CatalogError;
    type IntoIter = std::slice::Iter<'a, CatalogError>;

    fn into_iter(self) -> Self::IntoIter {
        self.iter()
    }
}

impl fmt::Display for CatalogErrors {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, fault) in self.iter().enumerate() {
            let separator = if index == 0 { "" } else { "\n" };
            write!(formatter, "{separator}{fault}")?;
        }
        Ok(())
    }
}

impl std::error::Error for CatalogErrors {}

/// Collects the errors of one file.
///
/// Shared by reference, because several tables of a file are read at the same time.
pub(crate) struct Reporter<'a> {
    file: &'a str,
    text: &'a str,
    faults: RefCell<Vec<(usize, CatalogError)>>,
    /// The offsets of the lines, computed for the first error.
    line_starts: OnceCell<Vec<usize>>,
    /// The remaining number of comparisons for finding similar names.
    comparisons: Cell<usize>,
}

/// The maximum number of comparisons with which similar names are searched for the wrong names of a file.
///
/// If everything is wrong, for example every reference to a renamed prefix, comparing all names with each other costs
/// more than a hint is worth.
const MOST_COMPARISONS: usize = 50_000;

impl<'a> Reporter<'a> {
    pub(crate) fn new(file: &'a str, text: &'a str) -> Self {
        Self {
            file,
            text,
            faults: RefCell::default(),
            line_starts: OnceCell::new(),
            comparisons: Cell::new(MOST_COMPARISONS),
        }
    }

    /// The name of the file in error messages.
    pub(crate) const fn file(&self) -> &'a str {
        self.file
    }

    /// The content of the file.
    pub(crate) const fn text(&self) -> &'a str {
        self.text
    }

    /// The names that `name` was probably meant to be, as returned by [`nearest`]; empty after too many comparisons.
    pub(crate) fn nearest<'c>(
        &self,
        name: &str,
        candidates: impl IntoIterator<Item = &'c str>,
    ) -> Vec<&'c str> {
        let left = self.comparisons.get();
        let candidates: Vec<&str> = candidates.into_iter().take(left + 1).collect();
        match left.checked_sub(candidates.len()) {
            Some(left) => {
                self.comparisons.set(left);
                nearest(name, candidates)
            }
            None => {
                self.comparisons.set(0);
                Vec::new()
            }
        }
    }

    /// The number of the line that contains `offset`, counted from 1, and the line's start.
    fn line_at(&self, offset: usize) -> (usize, usize) {
        let starts = self.line_starts.get_or_init(|| {
            let breaks = self.text.match_indices('\n');
            breaks.map(|(place, _)| place + 1).collect()
        });
        let line = starts.partition_point(|start| *start <= offset);
        let start = line.checked_sub(1).and_then(|before| starts.get(before));
        (line + 1, start.copied().unwrap_or(0))
    }

    /// Reports an error at `span`, a range of bytes in the text.
    pub(crate) fn report(
        &self,
        span: &Range<usize>,
        message: impl Into<String>,
        hint: impl Into<String>,
    ) {
        let before = self.text.get(..span.start).unwrap_or(self.text);
        let (line, line_start) = self.line_at(before.len());
        let source = self.text.get(line_start..).unwrap_or_default();
        let source = source.lines().next().unwrap_or_default();
        // A range that continues after the end of its line is marked up to the end of the line.
        let marked = self.text.get(span.clone()).unwrap_or_default();
        let marked = marked.lines().next().unwrap_or_default();
        let fault = CatalogError {
            file: self.file.to_owned(),
            line,
            column: before.get(line_start..).unwrap_or_default().chars().count() + 1,
            source: source.to_owned(),
            width: marked.chars().count().max(1),
            message: message.into(),
            hint: hint.into(),
        };
        self.faults.borrow_mut().push((span.start, fault));
    }

    /// Returns the errors in the order of the file.
    pub(crate) fn finish(self) -> Vec<CatalogError> {
        let mut faults = self.faults.into_inner();
        faults.sort_by_key(|(offset, _)| *offset);
        faults.into_iter().map(|(_, fault)| fault).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A file in which every name is wrong costs as much as one with a few wrong names, and every error is still
    /// reported.
    #[test]
    fn the_nearest_names_of_many_wrong_ones_are_not_looked_for() {
        let names: Vec<String> = (0..1_000).map(|number| format!("Name{number}")).collect();
        let reporter = Reporter::new("test.toml", "");
        let compared = Cell::new(0_usize);
        let near = |name: &str| {
            let candidates = names.iter().map(|name| {
                compared.set(compared.get() + 1);
                name.as_str()
            });
            reporter.nearest(name, candidates).len()
        };
        let found: Vec<usize> = (0..3_000)
            .map(|number| near(&format!("Nam{number}")))
            .collect();
        let with_hint = MOST_COMPARISONS / names.len();
        assert!(
            found.iter().take(with_hint).all(|near| *near > 0),
            "{found:?}"
        );
        assert!(found.iter().skip(with_hint).all(|near| *near == 0));
        assert!(
            compared.get() <= MOST_COMPARISONS + found.len(),
            "{}",
            compared.get()
        );
    }

    #[test]
    fn places_are_lines_and_columns() {
        let text = "ab\n\nü=x\n";
        for (offset, line, column) in [
            (0, 1, 1),
            (1, 1, 2),
            (2, 1, 3),
            (3, 2, 1),
            (4, 3, 1),
            (6, 3, 2),
            (9, 4, 1),
        ] {
            let reporter = Reporter::new("test.toml", text);
            reporter.report(&(offset..offset), "wrong", "change it");
            let faults = reporter.finish();
            let place = faults.first().map(|fault| (fault.line(), fault.column()));
            assert_eq!(place, Some((line, column)), "{offset}");
        }
    }
}
