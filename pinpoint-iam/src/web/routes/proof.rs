//! Proves that a mounted function is the intended handler.

use super::RouteFault;
use crate::web::{
    AfterBody, Authorized, Prechecked, Prechecks, Public, PublicFunction, PublicHandler, Requires,
    RequiresAfterBody,
};

/// The proof that the check of the handler `H` has passed: its [`Authorized`].
#[diagnostic::on_unimplemented(
    message = "the function `{H}` does not take the proof of its check first",
    label = "would be served unguarded",
    note = "`#[requires(..)]` adds the parameter, as `#[public(..)]` does for a generic function; write it below the attributes that change the function's parameters",
    note = "is there another function of this name?"
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
pub(crate) fn is_public<H: PublicFunction, F: 'static>(function: &F) -> Result<(), RouteFault> {
    if H::is(function) {
        Ok(())
    } else {
        Err(RouteFault::new(
            H::declaration(),
            "another function of this name is in its place, with neither `#[requires]` nor `#[public]`",
            "name the function that is meant by its path",
        ))
    }
}
