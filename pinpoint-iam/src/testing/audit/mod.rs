//! The handlers that a crate declares, held against those that it mounts.

mod findings;
mod mounts;
mod names;
mod source;

use std::fmt;
use std::path::{Path, PathBuf};

use self::source::Sources;

/// Looks for handlers that are mounted without `#[requires]` or `#[public]`, and for handlers with one of them that are
/// mounted nowhere, in the sources of the crate whose `Cargo.toml` stands in `directory`.
///
/// For services that mount their handlers by hand; [`routes!`](crate::routes) needs no audit, because a handler without
/// either attribute does not compile there.
///
/// ```no_run
/// #[test]
/// # fn hidden() {}
/// fn every_mounted_handler_says_who_may_call_it() {
///     pinpoint_iam::testing::audit(env!("CARGO_MANIFEST_DIR")).unwrap();
/// }
/// # fn main() {}
/// ```
///
/// # What it sees, and what not
///
/// It reads source text, as a careful reviewer would, and never runs anything. It follows `mod` from `src/lib.rs`,
/// `src/main.rs` and `src/bin/*.rs`, and names through `use`, with `*` and with `as`. Code for tests is left out;
/// code under any other `#[cfg]` counts, whether it is built or not.
///
/// - Mounted is what stands in a call of axum's `get`, `post`, .., `any`, `on` and `fallback`, in the chain behind one, or
///   in `to`, `service` and `default_service` of actix-web. What cannot be followed there, such as a closure, a variable
///   or a handler of another crate, is reported: [`Audit::except`] takes out what is meant to be.
/// - A declared handler counts as mounted where it is named as a value anywhere: in any call, or in any macro.
/// - Not seen are handlers and routes that a `macro_rules` of the crate writes, methods in `impl` blocks, and services
///   (`route_service`, `nest_service`, `ServeDir`), which are no handlers.
/// - Functions with `guard = expression` are no handlers and need not be mounted.
///
/// # Errors
///
/// Everything that was found, and every file that could not be read: a source that nobody looked at proves nothing.
pub fn audit(directory: impl AsRef<Path>) -> Result<(), AuditFaults> {
    Audit::of(directory).check()
}

/// An audit with exceptions; see [`audit`].
#[derive(Clone, Debug)]
#[must_use = "nothing is looked at before `check`"]
pub struct Audit {
    directory: PathBuf,
    exceptions: Vec<String>,
}

impl Audit {
    /// An audit of the crate whose `Cargo.toml` stands in `directory`: `env!("CARGO_MANIFEST_DIR")`.
    pub fn of(directory: impl AsRef<Path>) -> Self {
        Self {
            directory: directory.as_ref().to_owned(),
            exceptions: Vec::new(),
        }
    }

    /// Leaves out what a finding calls `handler`: the path of a function (`crate::metrics::render`), or the text of what
    /// is mounted where that is none (`layered`).
    ///
    /// An exception that nothing needs is reported, so that none outlives its reason.
    pub fn except(mut self, handler: impl Into<String>) -> Self {
        self.exceptions.push(handler.into());
        self
    }

    /// Looks at the sources.
    ///
    /// # Errors
    ///
    /// As [`audit`].
    pub fn check(self) -> Result<(), AuditFaults> {
        let Self {
            directory,
            exceptions,
        } = self;
        let sources = Sources::read(&directory);
        let mut faults = findings::of(&sources);
        let mut unused = Vec::new();
        for exception in exceptions {
            let before = faults.len();
            faults.retain(|fault| fault.handler != exception);
            if faults.len() == before {
                unused.push(AuditFault {
                    place: "the exceptions of the audit".to_owned(),
                    message: "is an exception that nothing needs; remove it".to_owned(),
                    handler: exception,
                });
            }
        }
        faults.extend(unused);
        if faults.is_empty() {
            Ok(())
        } else {
            Err(AuditFaults { faults })
        }
    }
}

/// One finding of an audit.
#[derive(Clone, PartialEq, Eq)]
pub struct AuditFault {
    pub(in crate::testing) place: String,
    pub(in crate::testing) handler: String,
    pub(in crate::testing) message: String,
}

impl AuditFault {
    /// The path of the function that is meant, or the text of what is mounted.
    pub fn handler(&self) -> &str {
        &self.handler
    }

    /// The file and the line.
    pub fn place(&self) -> &str {
        &self.place
    }

    /// Whether the finding is a handler that is declared and mounted nowhere, as
    /// `pinpoint_iam_docs::RoutesDocument::not_mounted` lists them.
    pub fn is_not_mounted(&self) -> bool {
        self.message == findings::NOT_MOUNTED
    }

    /// What is wrong and what to do.
    pub fn message(&self) -> &str {
        &self.message
    }
}

impl fmt::Display for AuditFault {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self {
            place,
            handler,
            message,
        } = self;
        write!(formatter, "{place}: `{handler}` {message}")
    }
}

/// Written as for people: `unwrap` shows errors so.
impl fmt::Debug for AuditFault {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, formatter)
    }
}

/// The findings of an audit: at least one.
#[derive(Clone)]
pub struct AuditFaults {
    faults: Vec<AuditFault>,
}

impl AuditFaults {
    /// Every finding.
    pub fn iter(&self) -> impl Iterator<Item = &AuditFault> {
        self.faults.iter()
    }
}

impl fmt::Display for AuditFaults {
    /// Writes one finding per line, below a line that counts them.
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.faults.len() {
            1 => formatter.write_str("the audit found something")?,
            number => write!(formatter, "the audit found {number} things")?,
        }
        for fault in &self.faults {
            write!(formatter, "\n  {fault}")?;
        }
        Ok(())
    }
}

/// Written as for people: `unwrap` shows errors so.
impl fmt::Debug for AuditFaults {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, formatter)
    }
}

impl std::error::Error for AuditFaults {}
