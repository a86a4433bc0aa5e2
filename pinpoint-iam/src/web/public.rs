//! Handlers that everybody may call.

use crate::web::Annotated;

/// A handler with `#[public(..)]`.
pub trait PublicHandler: Annotated {
    /// Whether `F` is the type of the function that the attribute stands on.
    ///
    /// `routes!` asks it: a function and a type of one name may come from two modules, where a function shadows one that
    /// is imported with `*`.
    fn is<F: 'static>(function: &F) -> bool;
}
