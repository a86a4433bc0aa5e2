//! What keeps routes from being served.

use std::fmt;

use crate::web::Declaration;

/// Why one handler cannot be served where it is listed.
#[derive(Clone)]
pub struct RouteFault {
    declaration: &'static Declaration,
    message: String,
    hint: String,
}

impl RouteFault {
    pub(crate) fn new(
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

    /// What stands on the handler, and where the handler stands.
    pub const fn declaration(&self) -> &'static Declaration {
        self.declaration
    }

    /// What is wrong, without the handler.
    pub fn message(&self) -> &str {
        &self.message
    }

    /// What to do.
    pub fn hint(&self) -> &str {
        &self.hint
    }
}

impl fmt::Display for RouteFault {
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

/// Written as for people: `main` and `unwrap` show errors so.
impl fmt::Debug for RouteFault {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, formatter)
    }
}

/// Everything that keeps an application's routes from being served: at least one fault.
#[derive(Clone)]
pub struct RouteFaults {
    faults: Vec<RouteFault>,
}

impl RouteFaults {
    pub(crate) fn unless_empty(faults: Vec<RouteFault>) -> Result<(), Self> {
        if faults.is_empty() {
            Ok(())
        } else {
            Err(Self { faults })
        }
    }

    /// Every fault, in the order of the list.
    pub fn iter(&self) -> impl Iterator<Item = &RouteFault> {
        self.faults.iter()
    }
}

impl fmt::Display for RouteFaults {
    /// Writes one fault per line, below a line that counts them.
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

/// Written as for people: `main` and `unwrap` show errors so.
impl fmt::Debug for RouteFaults {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, formatter)
    }
}

impl std::error::Error for RouteFaults {}
