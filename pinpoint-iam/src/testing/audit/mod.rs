//! Compares the handlers that a crate declares with those that it mounts.

mod findings;
mod mounts;
mod names;
mod source;

use std::fmt;
use std::path::{Path, PathBuf};

use self::source::Sources;

/// Checks the sources of the crate whose `Cargo.toml` is in `directory`. Reports handlers that are mounted without
/// `#[requires]` or `#[public]`, and handlers with either attribute that are not mounted.
///
/// Intended for services that mount their handlers by hand. With [`routes!`](crate::routes) no audit is needed, because
/// a handler without either attribute does not compile there.
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
/// # What it sees
///
/// The audit reads source text and does not run anything. It follows `mod` from `src/lib.rs`, `src/main.rs` and
/// `src/bin/*.rs`, and resolves names through `use`, including `*` and `as`. Code for tests is ignored. Code under any
/// other `#[cfg]` is included, whether it is built or not.
///
/// - A handler is mounted if it is an argument of axum's `get`, `post`, .., `any`, `on` or `fallback`, of a method
///   chained after one of them, or of `to`, `service` or `default_service` of actix-web. Arguments that cannot be
///   followed, such as closures, variables and handlers of other crates, are reported. [`Audit::except`] excludes those
///   that are intended.
/// - A declared handler counts as mounted if it is used as a value anywhere, in any call or any macro.
/// - The audit does not see handlers and routes that a `macro_rules` macro of the crate generates, or methods in `impl`
///   blocks. It ignores services (`route_service`, `nest_service`, `ServeDir`), which are not handlers.
/// - Functions with `guard = expression` are not handlers and need not be mounted.
///
/// # Errors
///
/// Returns every finding, and every file that could not be read, because unread source proves nothing.
pub fn audit(directory: impl AsRef<Path>) -> Result<(), AuditErrors> {
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
    /// Creates an audit of the crate whose `Cargo.toml` is in `directory`: `env!("CARGO_MANIFEST_DIR")`.
    pub fn of(directory: impl AsRef<Path>) -> Self {
        Self {
            directory: directory.as_ref().to_owned(),
            exceptions: Vec::new(),
        }
    }

    /// Excludes the findings whose [`handler`](AuditError::handler) is `handler`: the path of a function
    /// (`crate::metrics::render`), or the text of a mounted expression that is not a function (`layered`).
    ///
    /// An exception that no finding needs is reported, so that exceptions are removed with their reason.
    pub fn except(mut self, handler: impl Into<String>) -> Self {
        self.exceptions.push(handler.into());
        self
    }

    /// Runs the audit.
    ///
    /// # Errors
    ///
    /// Those of [`audit`].
    pub fn check(self) -> Result<(), AuditErrors> {
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
                unused.push(AuditError {
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
            Err(AuditErrors { faults })
        }
    }
}

/// One finding of an audit.
#[derive(Clone, PartialEq, Eq)]
pub struct AuditError {
    pub(in crate::testing) place: String,
    pub(in crate::testing) handler: String,
    pub(in crate::testing) message: String,
}

impl AuditError {
    /// The path of the function, or the text of the mounted expression.
    pub fn handler(&self) -> &str {
        &self.handler
    }

    /// The file and the line.
    pub fn place(&self) -> &str {
        &self.place
    }

    /// Whether the finding is a handler that is declared but not mounted, as in
    /// `pinpoint_iam_docs::RoutesDocument::not_mounted`.
    pub fn is_not_mounted(&self) -> bool {
        self.message == findings::NOT_MOUNTED
    }

    /// The message: what is wrong and how to fix it.
    pub fn message(&self) -> &str {
        &self.message
    }
}

impl fmt::Display for AuditError {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self {
            place,
            handler,
            message,
        } = self;
        write!(formatter, "{place}: `{handler}` {message}")
    }
}

/// Uses the `Display` text, because `unwrap` prints errors with `Debug`.
impl fmt::Debug for AuditError {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, formatter)
    }
}

/// The findings of an audit. There is at least one.
#[derive(Clone)]
pub struct AuditErrors {
    faults: Vec<AuditError>,
}

impl AuditErrors {
    /// Every finding.
    pub fn iter(&self) -> impl Iterator<Item = &AuditError> {
        self.faults.iter()
    }
}

impl fmt::Display for AuditErrors {
    /// Writes a line with the number of findings, then one finding per line.
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

/// Uses the `Display` text, because `unwrap` prints errors with `Debug`.
impl fmt::Debug for AuditErrors {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, formatter)
    }
}

impl std::error::Error for AuditErrors {}
