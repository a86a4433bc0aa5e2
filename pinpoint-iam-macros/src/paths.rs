//! The paths by which expansions refer to `pinpoint-iam`.

mod dependency;

use proc_macro2::{Ident, Span, TokenStream};
use quote::{ToTokens, quote};
use syn::{Path, Token};

/// The root of every path that an expansion writes: `::pinpoint_iam`, or the name that the crate's `Cargo.toml` gives it.
///
/// Found once for each attribute, for the manifest is looked at; and no `TokenStream`, for the compiler has to be asked
/// each time that one is put into another.
#[derive(Clone, Debug)]
pub(crate) struct Root(Ident);

impl ToTokens for Root {
    fn to_tokens(&self, tokens: &mut TokenStream) {
        let Self(name) = self;
        <Token![::]>::default().to_tokens(tokens);
        name.to_tokens(tokens);
    }
}

/// The root as the crate that is being compiled knows it.
pub(crate) fn root() -> Root {
    let name = dependency::name().and_then(|name| {
        // A name such as `type` is one in its raw form only.
        syn::parse_str::<Ident>(&name)
            .or_else(|_| syn::parse_str::<Ident>(&format!("r#{name}")))
            .ok()
    });
    let name = name.map_or_else(
        || Ident::new("pinpoint_iam", Span::call_site()),
        |mut name| {
            name.set_span(Span::call_site());
            name
        },
    );
    Root(name)
}

/// The module of a service: `crate::widgets`, `::acme_catalog::widgets` or `::pinpoint_iam::mobiletargeting`.
#[derive(Clone, Debug)]
pub(crate) struct Module {
    /// Whether the path begins at a crate.
    pub(crate) is_global: bool,
    pub(crate) segments: Vec<Ident>,
}

impl ToTokens for Module {
    fn to_tokens(&self, tokens: &mut TokenStream) {
        let Self {
            is_global,
            segments,
        } = self;
        for (index, segment) in segments.iter().enumerate() {
            if *is_global || index > 0 {
                <Token![::]>::default().to_tokens(tokens);
            }
            segment.to_tokens(tokens);
        }
    }
}

impl Root {
    /// A module of the crate that is the root.
    pub(crate) fn module(&self, name: Ident) -> Module {
        let Self(root) = self;
        Module {
            is_global: true,
            segments: vec![root.clone(), name],
        }
    }
}

/// Whether an attribute's path is one of our attributes, or may be: a bare name may be imported from anywhere.
///
/// A path that begins with another crate or module is not: if it leads here all the same, the attribute is expanded by
/// itself, and a second one on a handler does not compile.
pub(crate) fn is_attribute(path: &Path, name: &str, Root(root): &Root) -> bool {
    let segments: Vec<&Ident> = path.segments.iter().map(|segment| &segment.ident).collect();
    match segments.as_slice() {
        [only] => *only == name && path.leading_colon.is_none(),
        [first, last] => *first == root && *last == name,
        _ => false,
    }
}

/// The type of an action of the service with this `module`.
///
/// `name` keeps the span of what the user wrote: editors then offer hover, completion and go-to-definition inside the
/// attribute.
pub(crate) fn action(module: &Module, name: &Ident) -> TokenStream {
    quote!(#module::actions::#name)
}

/// A generated resource type. The user wrote none of it, so it has no place in the user's code.
pub(crate) fn resource(module: &Module, type_name: &str) -> TokenStream {
    let type_name = Ident::new(type_name, Span::call_site());
    quote!(#module::resources::#type_name)
}

/// The ids of a generated resource type, by their names.
pub(crate) fn ids(module: &Module, type_name: &str) -> TokenStream {
    let type_name = Ident::new(type_name, Span::call_site());
    quote!(#module::ids::#type_name)
}
