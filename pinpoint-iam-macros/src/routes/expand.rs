//! What rustc gets to see in place of the list.
//!
//! ```text
//! {
//!     let routes = ::pinpoint_iam::web::axum::Routes::<_>::new();
//!     let routes = ::pinpoint_iam::web::axum::Routes::<_>::mount::<(get_campaign), _, _, _>(routes, get_campaign, ..);
//!     routes
//! }
//! ```
//!
//! One statement for each handler, so that a `#[cfg]` can stand on it. The brackets around the type say that it is one: a
//! function of the name is then an error about exactly that, and is not taken for a constant.

use proc_macro2::{Ident, Span, TokenStream};
use quote::{quote, quote_spanned};
use syn::spanned::Spanned;
use syn::{Path, PathArguments};

use super::Framework;
use super::parse::Entry;
use crate::paths;

/// Writes the expression that makes the list.
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
        // What does not fit is reported at the handler, with names of the expansion all the same.
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

/// The handler as the type of its name, which has no generics.
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
