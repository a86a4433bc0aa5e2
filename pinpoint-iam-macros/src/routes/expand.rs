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
        let name = without_generics(handler);
        let method = option(method.as_deref());
        let path = option(path.as_deref());
        // Errors are reported at the handler, but the names are those of the expansion.
        let span = Span::mixed_site().located_at(handler.span());
        let so_far = Ident::new("routes", span);
        let place = quote!(#root::web::RouteOverride { method: #method, path: #path });
        let list = paths::located(list.clone(), span);
        let mount = |ty: TokenStream| quote_spanned!(span=> #list::mount::<#ty, _, _, _>(#so_far, #handler, #place));
        // A bare name may be that of a local function, and names of handlers in several modules may be equal, which an
        // import of a bare name would take for ambiguous.
        let mounted = if handler.segments.len() == 1 {
            mount(quote!((#name)))
        } else {
            // The import has the handler's type. A function without attribute has none: the name is then the outer
            // type, which implements nothing, and the compiler reports our words instead of a missing type.
            let ty = Ident::new("__Handler", span);
            let mount = mount(quote!(#ty));
            quote! {{
                #[allow(dead_code)]
                struct #ty;
                {
                    #[allow(clippy::all, clippy::pedantic, unused_imports)]
                    use #name as #ty;
                    #mount
                }
            }}
        };
        quote! {
            #(#conditions)*
            let #routes = #mounted;
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

/// The path of the handler, as a type or an import.
fn without_generics(handler: &Path) -> Path {
    let mut name = handler.clone();
    if let Some(last) = name.segments.last_mut() {
        last.arguments = PathArguments::None;
    }
    name
}

fn option(text: Option<&str>) -> TokenStream {
    match text {
        Some(text) => quote!(::core::option::Option::Some(#text)),
        None => quote!(::core::option::Option::None),
    }
}
