//! What rustc gets to see in place of the list.
//!
//! ```text
//! {
//!     let routes = ::pinpoint_iam::web::axum::Routes::<_>::new();
//!     let routes = routes.mount::<get_campaign, _, _, _>(get_campaign, ::pinpoint_iam::web::Place::CATALOG);
//!     routes
//! }
//! ```
//!
//! One statement for each handler, so that a `#[cfg]` can stand on it.

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
    let routes = Ident::new("routes", Span::mixed_site());
    let (list, others) = match framework {
        Framework::Axum => (quote!(#root::web::axum::Routes::<_>), quote!(_, _, _)),
        Framework::Actix => (quote!(#root::web::actix::Routes), quote!(_, _, _)),
    };
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
        let span = handler.span();
        let mount = quote_spanned!(span=> .mount::<#ty, #others>);
        quote! {
            #(#conditions)*
            let #routes = #routes #mount(#handler, #root::web::Place { method: #method, path: #path });
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
