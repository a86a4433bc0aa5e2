//! What the compiler says of a case of `ui`, as far as it can be compared.
//!
//! Rustc's own words change with its version and with the components that are installed: with the sources of the standard
//! library it shows lines of them. Only our part of a diagnostic is compared by its text:
//!
//! - the message of a `compile_error!`, which is how our macros report errors;
//! - message, label and notes of `#[diagnostic::on_unimplemented]`, and the reason of `#[must_use]`, where they are in our
//!   sources;
//! - what a constant of ours panics with.
//!
//! Of every other error and warning the code and the place are kept. Rustc chooses these too, so they are compared with
//! one version of it only. The text for people, further places, notes and suggestions are left out.

mod diagnostic;
mod ours;

use std::fmt;
use std::path::Path;

pub use diagnostic::Diagnostic;
pub use ours::Ours;

/// The version of the compiler that the codes and places of its own errors are from.
pub const COMPILER: &str = "rustc 1.95.";

/// An error or a warning, as far as it can be compared.
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

/// All entries of a case, in the order of the compiler.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Entries(Vec<Entry>);

/// What a comparison came to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// Everything that was compared is equal.
    Equal {
        /// How many errors and warnings of the compiler's own were not compared.
        skipped: usize,
    },
    /// The two texts that should be equal.
    Different {
        /// What the file says.
        expected: String,
        /// What the compiler said.
        found: String,
    },
}

impl Entries {
    /// The entries of these diagnostics of `file`. Paths in `directory` are written as paths in `$DIR`.
    pub fn new(diagnostics: &[Diagnostic], file: &str, directory: &Path, ours: &Ours) -> Self {
        let entries = diagnostics
            .iter()
            .filter_map(|diagnostic| diagnostic.entry(file, directory, ours));
        Self(entries.collect())
    }

    /// Reads what [`Display`](fmt::Display) writes.
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

    /// Compares with what a file `expected`; on another version of the compiler than [`COMPILER`] only what is ours.
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
