//! Errors of the commands.

use std::fmt;
use std::path::Path;
use std::process::ExitCode;
use std::{fs, io};

/// The error of a command that failed.
#[derive(Debug)]
pub(crate) struct Failure {
    text: String,
    exit_code: u8,
}

impl Failure {
    /// Creates an error about the contents of the input.
    pub(crate) fn new(text: impl Into<String>) -> Self {
        Self {
            text: text.into(),
            exit_code: 1,
        }
    }

    /// Creates an error about the arguments.
    pub(crate) fn usage(text: impl Into<String>) -> Self {
        Self {
            text: text.into(),
            exit_code: 2,
        }
    }

    /// Creates an error about input that contains nothing.
    pub(crate) fn no_input(text: impl Into<String>) -> Self {
        Self {
            text: text.into(),
            exit_code: 3,
        }
    }

    /// Returns 1 for an error in the input, 2 for wrong arguments, and 3 if there is no input.
    pub(crate) fn exit_code(&self) -> ExitCode {
        ExitCode::from(self.exit_code)
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
