//! The macros of `pinpoint-iam`.
//!
//! Use them through that crate, which documents them: the generated code refers to `::pinpoint_iam`.
//!
//! Only this file needs a compiler. Everything else consists of ordinary functions over `proc_macro2` tokens, in the
//! stages *parse* (the user's input), *check* (against the catalog) and *expand* (the generated code), and is tested in
//! this form.

mod catalogs;
mod errors;
#[cfg(feature = "tonic")]
mod grpc;
#[cfg(feature = "include-policy")]
mod include_policy;
mod messages;
mod paths;
mod public;
mod requirement;
mod requires;
mod routes;
mod written;

use proc_macro::TokenStream;

use self::requires::placement::{Placement, Position};

/// The placement of the attribute that is being expanded.
fn placement() -> Option<Placement> {
    let attribute = proc_macro::Span::call_site();
    Placement::of(&Position {
        file: attribute.local_file()?,
        line: attribute.line(),
        column: attribute.column(),
    })
}

#[allow(
    missing_docs,
    reason = "documented at its re-export, where examples can use the real crate"
)]
#[proc_macro_attribute]
pub fn requires(attribute: TokenStream, item: TokenStream) -> TokenStream {
    requires::attribute(attribute.into(), item.into(), &placement).into()
}

#[allow(
    missing_docs,
    reason = "documented at its re-export, where examples can use the real crate"
)]
#[proc_macro_attribute]
pub fn public(attribute: TokenStream, item: TokenStream) -> TokenStream {
    public::attribute(attribute.into(), item.into(), &placement).into()
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

#[cfg(feature = "tonic")]
#[allow(
    missing_docs,
    reason = "documented at its re-export, where examples can use the real crate"
)]
#[proc_macro_attribute]
pub fn tonic_guarded(attribute: TokenStream, item: TokenStream) -> TokenStream {
    grpc::attribute(attribute.into(), item.into()).into()
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
