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

/// The type of an action.
///
/// `name` keeps the span of what the user wrote: editors then offer hover, completion and go-to-definition inside the
/// attribute. So does `service`, where the user wrote it.
pub(crate) fn action(service: &Ident, name: &Ident) -> TokenStream {
    let root = root();
    quote!(#root::#service::actions::#name)
}

/// A generated resource type. The user wrote none of it, so neither part has a place in the user's code.
pub(crate) fn resource(service: &Ident, type_name: &str) -> TokenStream {
    let root = root();
    let service = Ident::new(&service.to_string(), Span::call_site());
    let type_name = Ident::new(type_name, Span::call_site());
    quote!(#root::#service::resources::#type_name)
}
