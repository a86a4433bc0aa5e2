//! Generates the code next to the handler.
//!
//! ```text
//! async fn health() -> Response { .. }
//!
//! struct health {}
//!
//! impl ::pinpoint_iam::web::Annotated for health { .. }
//!
//! impl ::pinpoint_iam::web::PublicHandler for health { .. }
//!
//! impl ::pinpoint_iam::web::PublicFunction for health {
//!     fn is<F: 'static>(_: &F) -> bool { /* whether `F` is the function above */ }
//! }
//! ```
//!
//! A function and a type with the same name can come from different places: a local function shadows one that a glob
//! imports, but the imported type remains visible. `is` prevents such a function from being accepted as public. The
//! type of a generic function cannot be compared. It gets one more parameter, `Public<health>`, which reads nothing
//! from the request.

use proc_macro2::{Ident, TokenStream, TokenTree};
use quote::{ToTokens, quote};
use syn::ext::IdentExt;
use syn::{Attribute, FnArg, GenericParam, LitStr, Pat, PatType, Signature, Token, Type};

use super::parse::Handler;
use crate::paths::Root;

/// Generates the handler and its type.
pub(super) fn expand(reason: &LitStr, handler: Handler, root: &Root) -> TokenStream {
    let Handler {
        attributes,
        visibility,
        mut signature,
        body,
    } = handler;
    let name = signature.ident.clone();
    let conditions: Vec<&Attribute> = attributes
        .iter()
        .filter(|attribute| attribute.path().is_ident("cfg"))
        .collect();
    let documentation = documentation(reason);
    let declaration = declaration(reason, &name, root);
    let function = if is_generic(&signature) {
        signature.inputs.insert(
            0,
            FnArg::Typed(PatType {
                attrs: Vec::new(),
                pat: Box::new(Pat::Verbatim(quote!(_))),
                colon_token: <Token![:]>::default(),
                ty: Box::new(Type::Verbatim(quote!(#root::web::Public<#name>))),
            }),
        );
        None
    } else {
        Some(quote! {
            #(#conditions)*
            impl #root::web::PublicFunction for #name {
                fn is<F: 'static>(_: &F) -> ::core::primitive::bool {
                    #root::__private::is_function::<F, _>(&#name)
                }
            }
        })
    };
    quote! {
        #(#attributes)*
        #[doc = ""]
        #[doc = #documentation]
        #visibility #signature #body

        #(#conditions)*
        #[doc(hidden)]
        #[allow(dead_code, non_camel_case_types, unreachable_pub)]
        #visibility struct #name {}

        #(#conditions)*
        impl #root::web::Annotated for #name {
            type Access = #root::__private::PublicAccess;

            fn declaration() -> &'static #root::web::Declaration {
                &#declaration
            }
        }

        #(#conditions)*
        impl #root::web::PublicHandler for #name {
            type Sealed = #root::__private::Generated;
        }

        #function
    }
}

/// The data about a public function for documents and audits.
pub(crate) fn declaration(reason: &LitStr, name: &Ident, root: &Root) -> TokenStream {
    let shown = name.unraw().to_string();
    quote! {
        #root::web::Declaration {
            handler: #shown,
            module_path: ::core::module_path!(),
            file: ::core::file!(),
            line: ::core::line!(),
            access: #root::web::Access::Public { reason: #reason },
            path_parameters: &[],
        }
    }
}

/// The line at the end of the function's rustdoc.
pub(crate) fn documentation(reason: &LitStr) -> String {
    format!("**Public**: {}", reason.value().trim())
}

/// Whether the function is generic, so that its name alone does not determine its type.
fn is_generic(signature: &Signature) -> bool {
    let has_parameters = signature
        .generics
        .params
        .iter()
        .any(|parameter| !matches!(parameter, GenericParam::Lifetime(_)));
    has_parameters || has_impl(signature.inputs.to_token_stream())
}

fn has_impl(tokens: TokenStream) -> bool {
    tokens.into_iter().any(|token| match token {
        TokenTree::Ident(word) => word == "impl",
        TokenTree::Group(group) => has_impl(group.stream()),
        TokenTree::Punct(_) | TokenTree::Literal(_) => false,
    })
}
