//! Guarding web handlers.
//!
//! `#[requires]` gives a handler one more parameter, [`Authorized`], in front of its own. A framework's extractor for
//! it runs the check before the body is read; see the module of the framework.

#[cfg(feature = "axum")]
pub mod axum;
mod rejection;

use std::fmt;
use std::marker::PhantomData;

use crate::action::ActionMetadata;
use crate::guard::{Denied, Guard};

pub use rejection::Rejection;

/// Proof, in a handler's parameter list, that the check of the handler `H` has passed.
///
/// Only this crate's extractors make one. `P` is a tuple of those of the handler's parameters that the check looks at.
pub struct Authorized<H, P> {
    check: PhantomData<fn() -> (H, P)>,
}

impl<H, P> Authorized<H, P> {
    #[cfg(feature = "axum")]
    const fn passed() -> Self {
        Self { check: PhantomData }
    }
}

impl<H, P> fmt::Debug for Authorized<H, P> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("Authorized")
    }
}

/// The check of one handler, as `#[requires]` writes it.
#[diagnostic::on_unimplemented(
    message = "`{Self}` has no check for these parameters",
    label = "not a handler with `#[requires(..)]`"
)]
pub trait Requires<P>: Send + Sync + 'static {
    /// What the handler requires, for documents and audits.
    const REQUIREMENT: &'static Requirement;

    /// Checks that the guard's caller may run the handler with these parameters.
    ///
    /// # Errors
    ///
    /// When the caller may not.
    fn check(guard: &Guard<'_>, parameters: &P) -> Result<(), Denied>;
}

/// What a handler requires, and where it stands.
#[derive(Debug)]
pub struct Requirement {
    /// The name of the handler.
    pub handler: &'static str,
    /// The path of the module that the handler stands in.
    pub module_path: &'static str,
    /// The source file.
    pub file: &'static str,
    /// The line in the source file.
    pub line: u32,
    /// The actions that are checked; all must be allowed.
    pub actions: &'static [&'static ActionMetadata],
}
