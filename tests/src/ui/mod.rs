//! The part of the compiler's output for a case of `ui` that can be compared.
//!
//! The compiler's own texts depend on its version and on the installed components. For example, it quotes the sources
//! of the standard library if they are installed. Therefore only our part of a diagnostic is compared as text:
//!
//! - the message of a `compile_error!`, which is how our macros report errors;
//! - message, label and notes of `#[diagnostic::on_unimplemented]`, and the reason of `#[must_use]`, where they are in our
//!   sources;
//! - the panic message of our constants.
//!
//! For all other errors and warnings, only the code and the position are kept. The compiler chooses these too, so they
//! are compared for one version only. The human-readable text, further positions, notes and suggestions are ignored.

mod diagnostic;
mod ours;

use std::fmt;
use std::path::Path;

pub use diagnostic::Diagnostic;
pub use ours::Ours;

/// The version of the compiler whose error codes and positions were recorded.
pub const COMPILER: &str = "rustc 1.95.";

/// The part of an error or a warning that can be compared.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entry {
    /// Whether any of its text is ours.
    pub is_ours: bool,
    text: String,
}

impl fmt::Display for Entry {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.text)
    }
}

/// All entries of a case, in the order in which the compiler reports them.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Entries(Vec<Entry>);

/// The result of a comparison.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// All compared parts are equal.
    Equal {
        /// The number of the compiler's own errors and warnings that were not compared.
        skipped: usize,
    },
    /// The two texts differ.
    Different {
        /// The contents of the file.
        expected: String,
        /// The output of the compiler.
        found: String,
    },
}

impl Entries {
    /// Returns the entries of these diagnostics of `file`. Paths in `directory` are written relative to `$DIR`.
    pub fn new(diagnostics: &[Diagnostic], file: &str, directory: &Path, ours: &Ours) -> Self {
        let entries = diagnostics
            .iter()
            .filter_map(|diagnostic| diagnostic.entry(file, directory, ours));
        Self(entries.collect())
    }

    /// Parses the output of [`Display`](fmt::Display).
    pub fn read(text: &str) -> Self {
        let entries = text
            .replace("\r\n", "\n")
            .trim_end()
            .split("\n\n")
            .filter(|text| !text.is_empty())
            .map(|text| Entry {
                is_ours: !text.starts_with("rustc's "),
                text: text.to_owned(),
            })
            .collect();
        Self(entries)
    }

    /// Compares with the `expected` entries of a file. With a compiler other than [`COMPILER`], only our texts are
    /// compared.
    pub fn compare(&self, expected: &Self, is_same_compiler: bool) -> Verdict {
        let (expected, found, skipped) = if is_same_compiler {
            (expected.clone(), self.clone(), 0)
        } else {
            let own = expected.0.iter().filter(|entry| !entry.is_ours);
            let skipped = own.count();
            (expected.ours(), self.ours(), skipped)
        };
        if expected == found {
            Verdict::Equal { skipped }
        } else {
            Verdict::Different {
                expected: expected.to_string(),
                found: found.to_string(),
            }
        }
    }

    fn ours(&self) -> Self {
        Self(
            self.0
                .iter()
                .filter(|entry| entry.is_ours)
                .cloned()
                .collect(),
        )
    }
}

impl fmt::Display for Entries {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, entry) in self.0.iter().enumerate() {
            let separator = if index == 0 { "" } else { "\n" };
            writeln!(formatter, "{separator}{entry}")?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests;
