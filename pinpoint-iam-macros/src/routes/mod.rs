//! `routes![..]`: mounts handlers at the routes that the catalog defines for their actions.
//!
//! The functions of the framework's module decide, when the list is built, where each handler is mounted; this module
//! only parses the list. Each handler is named twice: as a function, and as the type that `#[requires]` or `#[public]`
//! generated for it. A handler with neither attribute therefore fails to compile.

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

/// The whole macro: converts its arguments to the expression that replaces it.
pub(crate) fn expression(framework: Framework, arguments: TokenStream) -> TokenStream {
    let mut errors = Errors::default();
    let entries = parse::entries(arguments, &mut errors);
    if errors.is_empty() {
        return expand::expand(framework, &entries);
    }
    let errors = errors.report(TokenStream::new());
    quote!({ #errors })
}
