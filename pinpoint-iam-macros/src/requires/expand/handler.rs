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
use syn::{FnArg, Pat, PatType, Token, Type};

use super::declaration::{declaration, documentation};
use super::{Stage, Writer, permit, question, same_catalogs};
use crate::paths::Root;
use crate::requires::check::{Clause, Handler, Parameter};
use crate::requires::parse::Function;

/// Writes the handler with its check beside it.
pub(super) fn expand(
    function: Function,
    clauses: &[Clause<'_>],
    handler: &Handler,
    root: &Root,
) -> TokenStream {
    let name = function.signature.ident.clone();
    let visibility = function.visibility.clone();
    let conditions = conditions(&function);
    let declaration = declaration(&function, clauses, handler, root);
    let same_catalogs = same_catalogs(clauses, root);
    let types = handler.before_body.iter().map(|Parameter { ty, .. }| ty);
    let taken = quote!((#(#types,)*));
    let (checks, proof) = checks(&name, clauses, handler, &taken, root);
    let guarded = guarded(function, clauses, handler, &taken, proof.as_ref(), root);
    quote! {
        #guarded

        #conditions
        #[doc(hidden)]
        #[allow(dead_code, non_camel_case_types, unreachable_pub)]
        #visibility struct #name {}

        #conditions
        impl #root::web::Annotated for #name {
            fn declaration() -> &'static #root::web::Declaration {
                #same_catalogs
                &#declaration
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

/// The implementations that hold the check, one, or one for each side of the body; and the type of what is proved where
/// it is not `()`.
fn checks(
    name: &Ident,
    clauses: &[Clause<'_>],
    handler: &Handler,
    taken: &TokenStream,
    root: &Root,
) -> (Vec<TokenStream>, Option<TokenStream>) {
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
            root,
            guard,
            stage,
            has_references: true,
        };
        question(clauses, &writer)
    };
    let (last, proof) = at(Stage::Final);
    let proofs = proof.as_slice();
    let Some(Parameter { pattern, ty }) = &handler.body else {
        let check = quote! {
            impl #root::web::Requires<#taken #(, #proofs)*> for #name {
                fn check(
                    #guard: &#root::guard::Guard<'_>,
                    #all: &#taken,
                ) -> #root::expansion::Checked #(<#proofs>)* {
                    #take
                    #last
                }
            }
        };
        return (vec![check], proof);
    };
    let (first, _) = at(Stage::BeforeBody);
    let before = quote! {
        impl #root::web::Requires<#taken> for #name {
            fn check(
                #guard: &#root::guard::Guard<'_>,
                #all: &#taken,
            ) -> #root::expansion::Checked {
                #take
                #root::expansion::before_body(
                    (|| -> ::core::result::Result<_, #root::guard::Denied> { #first })()
                )
            }
        }
    };
    let after = quote! {
        impl #root::web::RequiresAfterBody<#taken, #ty #(, #proofs)*> for #name {
            fn check_after_body(
                #guard: &#root::guard::Guard<'_>,
                #all: &#taken,
                #body: &#ty,
            ) -> #root::expansion::Checked #(<#proofs>)* {
                #take
                let #pattern = #body;
                #last
            }
        }
    };
    (vec![before, after], proof)
}

/// The handler with the hidden parameter in front and a row of documentation at the end.
fn guarded(
    function: Function,
    clauses: &[Clause<'_>],
    handler: &Handler,
    taken: &TokenStream,
    proof: Option<&TokenStream>,
    root: &Root,
) -> TokenStream {
    let documentation = documentation(clauses);
    let Function {
        attributes,
        visibility,
        mut signature,
        body,
    } = function;
    let name = &signature.ident;
    let permit = permit(clauses);
    let is_late = handler.body.is_some();
    let early = proof.filter(|_| !is_late).into_iter();
    let pattern = match &permit {
        Some(permit) if !is_late => quote!(#root::web::Authorized { permit: #permit, .. }),
        _ => quote!(_),
    };
    // As it stands: there is nothing in it to be found by parsing it.
    let hidden = FnArg::Typed(PatType {
        attrs: Vec::new(),
        pat: Box::new(Pat::Verbatim(pattern)),
        colon_token: <Token![:]>::default(),
        ty: Box::new(Type::Verbatim(
            quote!(#root::web::Authorized<#name, #taken #(, #early)*>),
        )),
    });
    if is_late && let Some(FnArg::Typed(last)) = signature.inputs.last_mut() {
        let (pattern, ty) = (&last.pat, &last.ty);
        let permit = permit.map(|permit| quote!(permit: #permit,));
        let late = proof.into_iter();
        *last.pat = Pat::Verbatim(quote!(#root::web::AfterBody { value: #pattern, #permit .. }));
        *last.ty = Type::Verbatim(quote!(#root::web::AfterBody<#name, #taken, #ty #(, #late)*>));
    }
    signature.inputs.insert(0, hidden);
    quote! {
        #(#attributes)*
        #[doc = ""]
        #[doc = #documentation]
        #visibility #signature #body
    }
}
