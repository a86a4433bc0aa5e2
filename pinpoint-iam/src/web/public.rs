//! Handlers that everybody may call.

use std::fmt;
use std::marker::PhantomData;

use crate::__private::Seal;
use crate::web::Annotated;

/// A handler with `#[public(..)]`. The trait is sealed.
pub trait PublicHandler: Annotated {
    /// Only `#[public]` implements this trait.
    #[doc(hidden)]
    type Sealed: Seal;
}

/// A public handler that is one function, not generic.
pub trait PublicFunction: PublicHandler {
    /// Whether `F` is the type of the function that the attribute stands on.
    ///
    /// `routes!` asks it: a function and a type of one name may come from two modules, where a function shadows one that
    /// is imported with `*`.
    fn is<F: 'static>(function: &F) -> bool;
}

/// The first parameter of a generic handler with `#[public(..)]`.
///
/// A generic function has no type of its own, only its instances have. By this parameter `routes!` knows each of them as
/// the handler `H`. It takes nothing from the request.
pub struct Public<H>(PhantomData<fn() -> H>);

impl<H: PublicHandler> Public<H> {
    /// The parameter, to call the handler without a framework, as in a test.
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
