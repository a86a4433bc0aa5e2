//! The paths by which expansions refer to `pinpoint-iam`.

mod dependency;

use std::fmt;

use proc_macro2::{Ident, Span, TokenStream};
use quote::{ToTokens, quote};
use syn::{Path, Token};

/// The root of every path in an expansion: `::pinpoint_iam`, or the name of the dependency in the crate's `Cargo.toml`.
///
/// Determined once for each attribute, because it requires reading the manifest. It is not a `TokenStream`, because
/// each insertion of one into another requires a call to the compiler.
#[derive(Clone, Debug)]
pub(crate) struct Root(Ident);

impl ToTokens for Root {
    fn to_tokens(&self, tokens: &mut TokenStream) {
        let Self(name) = self;
        <Token![::]>::default().to_tokens(tokens);
        name.to_tokens(tokens);
    }
}

impl fmt::Display for Root {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self(name) = self;
        write!(formatter, "::{name}")
    }
}

/// The root for the crate being compiled.
pub(crate) fn root() -> Root {
    let name = dependency::name().and_then(|name| {
        // A name such as `type` is only valid as a raw identifier.
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
    /// Whether the path starts with a crate.
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

impl fmt::Display for Module {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, segment) in self.segments.iter().enumerate() {
            if self.is_global || index > 0 {
                formatter.write_str("::")?;
            }
            write!(formatter, "{segment}")?;
        }
        Ok(())
    }
}

impl Root {
    /// A module of the root crate.
    pub(crate) fn module(&self, name: Ident) -> Module {
        let Self(root) = self;
        Module {
            is_global: true,
            segments: vec![root.clone(), name],
        }
    }

    /// Whether `module` is one of the crate that is the root.
    pub(crate) fn has(&self, module: &Module) -> bool {
        module.is_global && module.segments.first() == Some(&self.0)
    }
}

/// Whether an attribute's path is, or may be, one of our attributes: a bare name may be imported from any module.
///
/// A path that starts with another crate or module is not. If it refers to our attribute nevertheless, that attribute
/// is expanded separately, and a second one on a handler fails to compile.
pub(crate) fn is_attribute(path: &Path, name: &str, Root(root): &Root) -> bool {
    let segments: Vec<&Ident> = path.segments.iter().map(|segment| &segment.ident).collect();
    match segments.as_slice() {
        [only] => *only == name && path.leading_colon.is_none(),
        [first, last] => *first == root && *last == name,
        _ => false,
    }
}

/// One of our paths with the span `place`. All tokens of an expression must have spans of the same place and the same
/// macro: if an expression mixes tokens of the attribute and of the user, the compiler shows the whole attribute.
pub(crate) fn located(path: TokenStream, place: Span) -> TokenStream {
    let tokens = path.into_iter().map(|mut token| {
        token.set_span(place);
        token
    });
    tokens.collect()
}

/// The type of an action, in the `module` of its service.
///
/// `name` keeps the span of the user's code, so that editors provide hover, completion and go-to-definition inside the
/// attribute.
pub(crate) fn action(module: &Module, name: &Ident) -> TokenStream {
    quote!(#module::actions::#name)
}

/// A generated resource type. It is not part of the user's code, so it does not have a span there.
pub(crate) fn resource(module: &Module, type_name: &str) -> TokenStream {
    let type_name = Ident::new(type_name, Span::call_site());
    quote!(#module::resources::#type_name)
}

/// The ids of a generated resource type, by name.
pub(crate) fn ids(module: &Module, type_name: &str) -> TokenStream {
    let type_name = Ident::new(type_name, Span::call_site());
    quote!(#module::ids::#type_name)
}
