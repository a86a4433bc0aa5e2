//! `routes![..]`: handlers at the places that the catalog gives to their actions.
//!
//! What is mounted where is decided when the list is built, by the functions of the framework's module; here the list is
//! only read. Each handler is named twice, as a function and as the type that `#[requires]` or `#[public]` wrote beside
//! it, so that a handler with neither does not compile.

mod expand;
mod parse;
#[cfg(test)]
mod tests;

use proc_macro2::TokenStream;
use quote::quote;

use crate::errors::Errors;

/// The framework whose `routes!` was called, by the name of its module.
#[derive(Clone, Copy)]
pub(crate) enum Framework {
    Axum,
    Actix,
}

/// The whole macro: its arguments to the expression that takes its place.
pub(crate) fn expression(framework: Framework, arguments: TokenStream) -> TokenStream {
    let mut errors = Errors::default();
    let entries = parse::entries(arguments, &mut errors);
    if errors.is_empty() {
        return expand::expand(framework, &entries);
    }
    let errors = errors.report(TokenStream::new());
    quote!({ #errors })
}
