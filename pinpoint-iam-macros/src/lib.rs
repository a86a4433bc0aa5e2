//! The macros of `pinpoint-iam`.
//!
//! Use them through that crate, where they are documented: what they write refers to `::pinpoint_iam`.
//!
//! This file is all that needs a compiler. Everything behind it is an ordinary function over `proc_macro2` tokens, in
//! the stages *parse* (what was written), *check* (against the catalog) and *expand* (what rustc gets to see), and is
//! tested as such.

mod catalogs;
mod errors;
#[cfg(feature = "include-policy")]
mod include_policy;
mod messages;
mod paths;
mod public;
mod requires;
mod routes;
mod written;

use proc_macro::TokenStream;

#[allow(
    missing_docs,
    reason = "documented at its re-export, where examples can use the real crate"
)]
#[proc_macro_attribute]
pub fn requires(attribute: TokenStream, item: TokenStream) -> TokenStream {
    requires::attribute(attribute.into(), item.into()).into()
}

#[allow(
    missing_docs,
    reason = "documented at its re-export, where examples can use the real crate"
)]
#[proc_macro_attribute]
pub fn public(attribute: TokenStream, item: TokenStream) -> TokenStream {
    public::attribute(attribute.into(), item.into()).into()
}

#[allow(
    missing_docs,
    reason = "documented at its re-export, where examples can use the real crate"
)]
#[proc_macro]
pub fn axum_routes(arguments: TokenStream) -> TokenStream {
    routes::expression(routes::Framework::Axum, arguments.into()).into()
}

#[allow(
    missing_docs,
    reason = "documented at its re-export, where examples can use the real crate"
)]
#[proc_macro]
pub fn actix_routes(arguments: TokenStream) -> TokenStream {
    routes::expression(routes::Framework::Actix, arguments.into()).into()
}

#[cfg(feature = "include-policy")]
#[allow(
    missing_docs,
    reason = "documented at its re-export, where examples can use the real crate"
)]
#[proc_macro]
pub fn include_policy(arguments: TokenStream) -> TokenStream {
    let file_of = |span: proc_macro2::Span| span.unwrap().local_file();
    include_policy::expression(arguments.into(), &file_of).into()
}
