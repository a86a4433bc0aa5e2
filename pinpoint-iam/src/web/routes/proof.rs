//! Proves that a mounted function is the intended handler.

use super::RouteError;
use crate::web::{
    AfterBody, Authorized, Prechecked, Prechecks, Public, PublicFunction, PublicHandler, Requires,
    RequiresAfterBody,
};
use pinpoint_iam_core::__private::{GuardedAccess, PublicAccess};

/// The handler `H`, known from its attribute. Without one, the compiler reports the missing attribute and skips the bounds
/// that follow from it.
pub trait AttributeOf<H> {
    /// The handler.
    type Handler;
}

impl<H> AttributeOf<H> for GuardedAccess {
    type Handler = H;
}

impl<H> AttributeOf<H> for PublicAccess {
    type Handler = H;
}

/// The proof that the check of the handler `H` has passed: its [`Authorized`].
#[diagnostic::on_unimplemented(
    message = "the first parameter of `{H}` is not the proof of its check",
    label = "not guarded",
    note = "`#[requires(..)]` adds this parameter, and `#[public(..)]` adds one to generic functions; write them below attributes that change the parameters",
    note = "check whether another function has this name"
)]
pub trait ProofOf<H> {}

impl<H: Requires<P, T>, P, T> ProofOf<H> for Authorized<H, P, T> {}

/// A generic handler that all callers may call.
impl<H: PublicHandler> ProofOf<H> for Public<H> {}

/// The first half of the check of the handler `H`: its [`Prechecked`].
pub trait FirstHalf<H> {}

impl<H: Prechecks<P>, P> FirstHalf<H> for Prechecked<H, P> {}

/// The second half of the check of the handler `H`, which decides: its [`AfterBody`].
pub trait SecondHalf<H> {}

impl<H: RequiresAfterBody<P, B, T>, P, B, T> SecondHalf<H> for AfterBody<H, P, B, T> {}

/// Identifies a guarded handler, or a generic public one, by the proof among its parameters.
#[derive(Debug)]
pub enum Guarded {}

/// Identifies a handler whose check continues after the body, by both halves of the check: its first and last
/// parameters.
#[derive(Debug)]
pub enum ByBothHalves {}

/// Identifies a public handler by the function that has the attribute.
#[derive(Debug)]
pub enum PublicRoute {}

/// Checks that `function` is the public handler `H`.
pub(crate) fn is_public<H: PublicFunction, F: 'static>(function: &F) -> Result<(), RouteError> {
    if H::is(function) {
        Ok(())
    } else {
        Err(RouteError::new(
            H::declaration(),
            "another function with this name is mounted, which has neither `#[requires]` nor `#[public]`",
            "write the full path of the handler",
        ))
    }
}
