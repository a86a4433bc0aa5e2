//! Generates the expression that replaces the list.
//!
//! ```text
//! {
//!     let routes = ::pinpoint_iam::web::axum::Routes::<_>::new();
//!     let routes = ::pinpoint_iam::web::axum::Routes::<_>::mount::<(get_campaign), _, _, _>(routes, get_campaign, ..);
//!     routes
//! }
//! ```
//!
//! Each handler has its own statement, so that it can have a `#[cfg]`. The parentheses around the type mark it as a
//! type: a function with that name then causes exactly this error, and is not interpreted as a constant.

use proc_macro2::{Ident, Span, TokenStream};
use quote::{quote, quote_spanned};
use syn::spanned::Spanned;
use syn::{Path, PathArguments};

use super::Framework;
use super::parse::Entry;
use crate::paths;

/// Generates the expression that creates the list.
pub(super) fn expand(framework: Framework, entries: &[Entry]) -> TokenStream {
    let root = paths::root();
    let list = match framework {
        Framework::Axum => quote!(#root::web::axum::Routes::<_>),
        Framework::Actix => quote!(#root::web::actix::Routes),
    };
    let routes = Ident::new("routes", Span::mixed_site());
    let mounts = entries.iter().map(|entry| {
        let Entry {
            conditions,
            method,
            path,
            handler,
        } = entry;
        let ty = as_type(handler);
        let method = option(method.as_deref());
        let path = option(path.as_deref());
        // Errors are reported at the handler, but the names are those of the expansion.
        let span = Span::mixed_site().located_at(handler.span());
        let so_far = Ident::new("routes", span);
        let place = quote!(#root::web::RouteOverride { method: #method, path: #path });
        let mounted = quote_spanned!(span=> ::mount::<(#ty), _, _, _>(#so_far, #handler, #place));
        quote! {
            #(#conditions)*
            let #routes = #list #mounted;
        }
    });
    quote! {
        {
            let #routes = #list::new();
            #(#mounts)*
            #routes
        }
    }
}

/// The type with the name of the handler, which has no generics.
fn as_type(handler: &Path) -> Path {
    let mut ty = handler.clone();
    if let Some(last) = ty.segments.last_mut() {
        last.arguments = PathArguments::None;
    }
    ty
}

fn option(text: Option<&str>) -> TokenStream {
    match text {
        Some(text) => quote!(::core::option::Option::Some(#text)),
        None => quote!(::core::option::Option::None),
    }
}
