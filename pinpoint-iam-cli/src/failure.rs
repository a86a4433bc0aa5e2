//! Errors of the commands.

use std::path::Path;
use std::process::ExitCode;
use std::{fmt, fs};

/// The exit code if the input contains nothing.
pub(crate) const NO_INPUT: u8 = 3;

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
            exit_code: NO_INPUT,
        }
    }

    /// Names the file that led to the error.
    pub(crate) fn in_file(self, path: &Path) -> Self {
        let text = self.text.strip_prefix("error: ").unwrap_or(&self.text);
        Self {
            text: format!("error: {}: {text}", path.display()),
            ..self
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
    read_text(path).map_err(|error| cannot("read", path, &error))
}

/// Reads a file as text, or returns the reason why it is not possible.
pub(crate) fn read_text(path: &Path) -> Result<String, String> {
    let bytes = fs::read(path).map_err(|error| error.to_string())?;
    text(bytes)
}

/// Decodes text, or returns the reason why it is not UTF-8.
pub(crate) fn text(bytes: Vec<u8>) -> Result<String, String> {
    // Some shells write the output of a program like this.
    let is_utf_16 = bytes.starts_with(b"\xff\xfe") || bytes.starts_with(b"\xfe\xff");
    String::from_utf8(bytes).map_err(|error| match is_utf_16 {
        true => "it is UTF-16; save it as UTF-8".to_owned(),
        false => {
            let valid = error.utf8_error().valid_up_to();
            format!("it is not text in UTF-8, from byte {} on", valid + 1)
        }
    })
}

/// Writes a file.
pub(crate) fn write(path: &Path, text: &str) -> Result<(), Failure> {
    fs::write(path, text).map_err(|error| cannot("write", path, &error))
}

fn cannot(what: &str, path: &Path, error: &dyn fmt::Display) -> Failure {
    Failure::new(format!(
        "error: cannot {what} `{}`: {error}",
        path.display()
    ))
}
