//! A web handler.
//!
//! ```text
//! async fn get_campaign(
//!     _: ::pinpoint_iam::web::Authorized<get_campaign, (Path<(String, String)>,)>,
//!     Path((application_id, campaign_id)): Path<(String, String)>,
//! ) -> Response { .. }
//!
//! struct get_campaign {}
//!
//! impl ::pinpoint_iam::web::Requires<(Path<(String, String)>,)> for get_campaign { .. }
//! ```
//!
//! The struct is braced, so that it lives among the types only and leaves the handler its name. The parameters are
//! an argument of the trait and not a type inside its implementation: a `pub` handler may then have parameters of a
//! private type, as it may without us.

use proc_macro2::{Ident, Span, TokenStream};
use quote::quote;
use syn::{FnArg, parse_quote};

use super::declaration::{declaration, documentation};
use super::{Stage, Writer, permit, question};
use crate::paths;
use crate::requires::check::{Clause, Handler, Parameter};
use crate::requires::parse::Function;

/// Writes the handler with its check beside it.
pub(super) fn expand(function: Function, clauses: &[Clause<'_>], handler: &Handler) -> TokenStream {
    let root = paths::root();
    let name = function.signature.ident.clone();
    let visibility = function.visibility.clone();
    let conditions = conditions(&function);
    let declaration = declaration(&function, clauses, handler);
    let types = handler.before_body.iter().map(|Parameter { ty, .. }| ty);
    let taken = quote!((#(#types,)*));
    let checks = checks(&name, clauses, handler, &taken);
    let guarded = guarded(function, clauses, handler, &taken);
    quote! {
        #guarded

        #conditions
        #[doc(hidden)]
        #[allow(dead_code, non_camel_case_types, unreachable_pub)]
        #visibility struct #name {}

        #conditions
        #[allow(clippy::all, clippy::pedantic, unused_braces, unused_parens, unused_variables)]
        impl #root::web::Annotated for #name {
            fn declaration() -> &'static #root::web::Declaration {
                static DECLARATION: #root::web::Declaration = #declaration;
                &DECLARATION
            }
        }

        #(
            #conditions
            #[allow(clippy::all, clippy::pedantic, unused_braces, unused_parens, unused_variables)]
            #checks
        )*
    }
}

/// The attributes of the function that hold for all that belongs to it.
fn conditions(function: &Function) -> TokenStream {
    let attributes = function.attributes.iter();
    let conditions = attributes.filter(|attribute| attribute.path().is_ident("cfg"));
    quote!(#(#conditions)*)
}

/// The implementations that hold the check: one, or one for each side of the body.
fn checks(
    name: &Ident,
    clauses: &[Clause<'_>],
    handler: &Handler,
    taken: &TokenStream,
) -> Vec<TokenStream> {
    let root = paths::root();
    // Expressions of the attribute see the handler's parameters, and none of our own names.
    // A constant of the name would be taken for a pattern all the same, hence the underscores.
    let ours = |name: &str| Ident::new(name, Span::mixed_site());
    let (guard, all, body) = (ours("__guard"), ours("__parameters"), ours("__body"));
    let patterns = handler
        .before_body
        .iter()
        .map(|Parameter { pattern, .. }| pattern);
    let take = quote!(let (#(#patterns,)*) = #all;);
    let at = |stage| {
        let guard = &guard;
        let writer = Writer {
            guard,
            stage,
            has_references: true,
        };
        question(clauses, &writer)
    };
    let (last, proof) = at(Stage::Final);
    let Some(Parameter { pattern, ty }) = &handler.body else {
        return vec![quote! {
            impl #root::web::Requires<#taken> for #name {
                type Permit = #proof;

                fn check(
                    #guard: &#root::guard::Guard<'_>,
                    #all: &#taken,
                ) -> ::core::result::Result<Self::Permit, #root::guard::Denied> {
                    #take
                    #last
                }
            }
        }];
    };
    let (first, _) = at(Stage::BeforeBody);
    let before = quote! {
        impl #root::web::Requires<#taken> for #name {
            type Permit = ();

            fn check(
                #guard: &#root::guard::Guard<'_>,
                #all: &#taken,
            ) -> ::core::result::Result<(), #root::guard::Denied> {
                #take
                #root::expansion::before_body(
                    (|| -> ::core::result::Result<_, #root::guard::Denied> { #first })()
                )
            }
        }
    };
    let after = quote! {
        impl #root::web::RequiresAfterBody<#taken, #ty> for #name {
            type FinalPermit = #proof;

            fn check_after_body(
                #guard: &#root::guard::Guard<'_>,
                #all: &#taken,
                #body: &#ty,
            ) -> ::core::result::Result<Self::FinalPermit, #root::guard::Denied> {
                #take
                let #pattern = #body;
                #last
            }
        }
    };
    vec![before, after]
}

/// The handler with the hidden parameter in front and a row of documentation at the end.
fn guarded(
    function: Function,
    clauses: &[Clause<'_>],
    handler: &Handler,
    taken: &TokenStream,
) -> TokenStream {
    let documentation = documentation(clauses);
    let Function {
        attributes,
        visibility,
        mut signature,
        body,
    } = function;
    let root = paths::root();
    let name = &signature.ident;
    let permit = permit(clauses);
    let is_late = handler.body.is_some();
    let hidden: FnArg = match &permit {
        Some(permit) if !is_late => {
            parse_quote!(#root::web::Authorized { permit: #permit, .. }: #root::web::Authorized<#name, #taken>)
        }
        _ => parse_quote!(_: #root::web::Authorized<#name, #taken>),
    };
    if is_late && let Some(FnArg::Typed(last)) = signature.inputs.last_mut() {
        let (pattern, ty) = (&last.pat, &last.ty);
        let permit = permit.map(|permit| quote!(permit: #permit,));
        *last.pat = parse_quote!(#root::web::AfterBody { value: #pattern, #permit .. });
        *last.ty = parse_quote!(#root::web::AfterBody<#name, #taken, #ty>);
    }
    signature.inputs.insert(0, hidden);
    quote! {
        #(#attributes)*
        #[doc = ""]
        #[doc = #documentation]
        #visibility #signature #body
    }
}
