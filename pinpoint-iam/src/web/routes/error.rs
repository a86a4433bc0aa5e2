//! Errors in the routes of an application.

use std::fmt;

use crate::web::Declaration;

/// The reason why one handler cannot be served on its route.
#[derive(Clone)]
pub struct RouteError {
    declaration: &'static Declaration,
    message: String,
    hint: String,
}

impl RouteError {
    /// Creates an error about the handler with this declaration, and a hint about how to fix it.
    pub fn new(
        declaration: &'static Declaration,
        message: impl Into<String>,
        hint: impl Into<String>,
    ) -> Self {
        Self {
            declaration,
            message: message.into(),
            hint: hint.into(),
        }
    }

    /// Returns the declaration of the handler, with its location in the source.
    pub const fn declaration(&self) -> &'static Declaration {
        self.declaration
    }

    /// Returns the message without the handler.
    pub fn message(&self) -> &str {
        &self.message
    }

    /// Returns a hint about how to fix the error.
    pub fn hint(&self) -> &str {
        &self.hint
    }
}

impl fmt::Display for RouteError {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Declaration {
            handler,
            file,
            line,
            ..
        } = self.declaration;
        let (message, hint) = (&self.message, &self.hint);
        write!(formatter, "{file}:{line}: `{handler}`: {message}; {hint}")
    }
}

/// Uses the `Display` text, because `main` and `unwrap` print errors with `Debug`.
impl fmt::Debug for RouteError {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, formatter)
    }
}

/// All errors in the routes of an application. There is at least one.
#[derive(Clone)]
pub struct RouteErrors {
    faults: Vec<RouteError>,
}

impl RouteErrors {
    pub(crate) fn unless_empty(faults: Vec<RouteError>) -> Result<(), Self> {
        if faults.is_empty() {
            Ok(())
        } else {
            Err(Self { faults })
        }
    }

    /// Returns every error, in the order of the list.
    pub fn iter(&self) -> impl Iterator<Item = &RouteError> {
        self.faults.iter()
    }
}

impl fmt::Display for RouteErrors {
    /// Writes a line with the number of errors, then one error per line.
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.faults.len() {
            1 => formatter.write_str("a route cannot be served")?,
            number => write!(formatter, "{number} routes cannot be served")?,
        }
        for fault in &self.faults {
            write!(formatter, "\n  {fault}")?;
        }
        Ok(())
    }
}

/// Uses the `Display` text, because `main` and `unwrap` print errors with `Debug`.
impl fmt::Debug for RouteErrors {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, formatter)
    }
}

impl std::error::Error for RouteErrors {}
