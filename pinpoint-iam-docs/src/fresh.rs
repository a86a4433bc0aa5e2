//! Compares committed documents with the rendered ones.

use std::path::{Path, PathBuf};
use std::{env, fmt, fs, io};

use similar::TextDiff;

/// The environment variable that makes [`fresh`] write instead of compare, with the value `1`.
pub const UPDATE_VARIABLE: &str = "UPDATE_DOCS";

/// Checks that a committed document has the given text. This is the only call that a test of an application needs.
///
/// With `UPDATE_DOCS=1` in the environment, the file is written first, including missing folders, so `UPDATE_DOCS=1
/// cargo test` updates all documents. Then, and also without the variable, the contents of the file must equal `text`.
/// Only line endings may differ, because a version control system may convert them on checkout.
///
/// ```no_run
/// use pinpoint_iam_docs::{Stale, fresh, html, markdown, service_page};
/// use pinpoint_iam::mobiletargeting;
///
/// #[test]
/// fn documents_are_fresh() -> Result<(), Stale> {
///     let page = service_page(&mobiletargeting::SERVICE);
///     fresh("docs/mobiletargeting.md", &markdown(&page))?;
///     fresh("docs/mobiletargeting.html", &html(&page))
/// }
/// ```
///
/// A relative path starts at the working directory, which in tests is the folder of the package.
///
/// # Errors
///
/// If the file differs, is missing, or cannot be read or written. The error explains how to write it and shows the
/// difference. Its `Debug` form, which tests print, is the same text.
pub fn fresh(path: impl AsRef<Path>, text: &str) -> Result<(), Stale> {
    let path = path.as_ref();
    if env::var_os(UPDATE_VARIABLE).is_some_and(|value| value == "1") {
        update(path, text)?;
    }
    compare(path, text)
}

/// Checks that a committed document has the given text, and never writes it: for a program's `--check`.
///
/// # Errors
///
/// If the file differs, is missing or cannot be read.
pub fn compare(path: impl AsRef<Path>, text: &str) -> Result<(), Stale> {
    let path = path.as_ref();
    let committed = match fs::read(path) {
        Ok(committed) => committed,
        Err(error) if error.kind() == io::ErrorKind::NotFound => {
            return Err(Stale::new(path, Reason::Missing));
        }
        Err(error) => return Err(Stale::new(path, Reason::Unreadable(error))),
    };
    let text = text.replace("\r\n", "\n");
    if str::from_utf8(&committed).is_ok_and(|committed| committed.replace("\r\n", "\n") == text) {
        return Ok(());
    }
    let committed = String::from_utf8_lossy(&committed).replace("\r\n", "\n");
    let difference = TextDiff::from_lines(&committed, &text)
        .unified_diff()
        .context_radius(2)
        .header("committed", "rendered")
        .to_string();
    Err(Stale::new(path, Reason::Differs(difference)))
}

/// Writes a document, including missing folders, unless the file already has the text.
///
/// # Errors
///
/// If the file or a folder cannot be written.
pub fn update(path: impl AsRef<Path>, text: &str) -> Result<(), Stale> {
    let path = path.as_ref();
    if compare(path, text).is_ok() {
        return Ok(());
    }
    let folder = match path.parent() {
        Some(folder) if !folder.as_os_str().is_empty() => fs::create_dir_all(folder),
        _ => Ok(()),
    };
    folder
        .and_then(|()| fs::write(path, text))
        .map_err(|error| Stale::new(path, Reason::Unwritable(error)))
}

/// The error for a committed document that differs from the rendered one.
pub struct Stale {
    path: PathBuf,
    reason: Reason,
}

enum Reason {
    Missing,
    Differs(String),
    Unreadable(io::Error),
    Unwritable(io::Error),
}

impl Stale {
    fn new(path: &Path, reason: Reason) -> Self {
        Self {
            path: path.to_owned(),
            reason,
        }
    }

    /// Returns the path of the document.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Returns what is wrong, without advice and without the lines that differ: for a program that shows its own.
    pub fn message(&self) -> String {
        let path = self.path.display();
        match &self.reason {
            Reason::Missing => format!("`{path}` does not exist"),
            Reason::Differs(_) => format!("`{path}` is stale"),
            Reason::Unreadable(error) => format!("`{path}` cannot be read: {error}"),
            Reason::Unwritable(error) => format!("`{path}` cannot be written: {error}"),
        }
    }

    /// Returns the lines that differ, as a unified diff from the committed to the rendered document. `None` if the
    /// document is missing, or could not be read or written.
    pub fn difference(&self) -> Option<&str> {
        match &self.reason {
            Reason::Differs(difference) => Some(difference),
            Reason::Missing | Reason::Unreadable(_) | Reason::Unwritable(_) => None,
        }
    }
}

impl fmt::Display for Stale {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.message())?;
        if let Reason::Missing | Reason::Differs(_) = &self.reason {
            write!(
                formatter,
                "; write it with `{UPDATE_VARIABLE}=1` in the environment"
            )?;
        }
        match self.difference() {
            Some(difference) => write!(formatter, "\n{difference}"),
            None => Ok(()),
        }
    }
}

/// The text of [`Display`](fmt::Display), because a test that returns the error prints its `Debug` form.
impl fmt::Debug for Stale {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, formatter)
    }
}

impl std::error::Error for Stale {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match &self.reason {
            Reason::Unreadable(error) | Reason::Unwritable(error) => Some(error),
            Reason::Missing | Reason::Differs(_) => None,
        }
    }
}
