//! The paths by which expansions refer to `pinpoint-iam`.

mod dependency;

use proc_macro2::{Ident, Span, TokenStream};
use quote::quote;

/// The root of every path that an expansion writes: `::pinpoint_iam`, or the name that the crate's `Cargo.toml` gives it.
pub(crate) fn root() -> TokenStream {
    let name = dependency::name().and_then(|name| {
        // A name such as `type` is one in its raw form only.
        syn::parse_str::<Ident>(&name)
            .or_else(|_| syn::parse_str::<Ident>(&format!("r#{name}")))
            .ok()
    });
    match name {
        Some(mut name) => {
            name.set_span(Span::call_site());
            quote!(::#name)
        }
        None => quote!(::pinpoint_iam),
    }
}

/// The type of an action of the service with this `module`.
///
/// `name` keeps the span of what the user wrote: editors then offer hover, completion and go-to-definition inside the
/// attribute.
pub(crate) fn action(module: &TokenStream, name: &Ident) -> TokenStream {
    quote!(#module::actions::#name)
}

/// A generated resource type. The user wrote none of it, so it has no place in the user's code.
pub(crate) fn resource(module: &TokenStream, type_name: &str) -> TokenStream {
    let type_name = Ident::new(type_name, Span::call_site());
    quote!(#module::resources::#type_name)
}
