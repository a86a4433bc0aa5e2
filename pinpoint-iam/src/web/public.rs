//! Handlers that all callers may call.

use std::fmt;
use std::marker::PhantomData;

use crate::web::Annotated;
use pinpoint_iam_core::__private::Seal;

/// A handler with `#[public(..)]`. The trait is sealed.
pub trait PublicHandler: Annotated {
    /// Only `#[public]` implements this trait.
    #[doc(hidden)]
    type Sealed: Seal;
}

/// A public handler that is a single function, not a generic one.
pub trait PublicFunction: PublicHandler {
    /// Whether `F` is the type of the function with the attribute.
    ///
    /// `routes!` checks this. A function and a type of the same name may come from two modules, if a function shadows
    /// one that is imported with `*`.
    fn is<F: 'static>(function: &F) -> bool;
}

/// The first parameter of a generic handler with `#[public(..)]`.
///
/// A generic function has no type of its own; only its instances do. This parameter identifies each instance as the
/// handler `H` for `routes!`. It reads nothing from the request.
pub struct Public<H>(PhantomData<fn() -> H>);

impl<H: PublicHandler> Public<H> {
    /// Creates the parameter, to call the handler without a framework, for example in a test.
    pub const fn new() -> Self {
        Self(PhantomData)
    }
}

impl<H: PublicHandler> Default for Public<H> {
    fn default() -> Self {
        Self::new()
    }
}

impl<H> fmt::Debug for Public<H> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("Public")
    }
}
