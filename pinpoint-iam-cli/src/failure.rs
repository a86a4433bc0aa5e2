//! Errors of the commands.

use std::fmt;
use std::path::Path;
use std::process::ExitCode;
use std::{fs, io};

/// The error of a command that failed.
#[derive(Debug)]
pub(crate) struct Failure {
    text: String,
    is_usage: bool,
}

impl Failure {
    /// Creates an error about the contents of the input.
    pub(crate) fn new(text: impl Into<String>) -> Self {
        Self {
            text: text.into(),
            is_usage: false,
        }
    }

    /// Creates an error about the arguments.
    pub(crate) fn usage(text: impl Into<String>) -> Self {
        Self {
            text: text.into(),
            is_usage: true,
        }
    }

    /// Returns 1 for an error in the input, and 2 for wrong arguments.
    pub(crate) fn exit_code(&self) -> ExitCode {
        ExitCode::from(if self.is_usage { 2 } else { 1 })
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.text)
    }
}

/// Reads a file as text.
pub(crate) fn read(path: &Path) -> Result<String, Failure> {
    fs::read_to_string(path).map_err(|error| cannot("read", path, &error))
}

/// Writes a file.
pub(crate) fn write(path: &Path, text: &str) -> Result<(), Failure> {
    fs::write(path, text).map_err(|error| cannot("write", path, &error))
}

fn cannot(what: &str, path: &Path, error: &io::Error) -> Failure {
    Failure::new(format!(
        "error: cannot {what} `{}`: {error}",
        path.display()
    ))
}
