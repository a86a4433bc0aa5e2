//! Generates a web handler.
//!
//! ```text
//! async fn get_campaign(
//!     ::pinpoint_iam::web::Authorized {
//!         parameters: (Path((application_id, campaign_id)),),
//!         ..
//!     }: ::pinpoint_iam::web::Authorized<get_campaign, (Path<(String, String)>,)>,
//! ) -> Response { .. }
//!
//! struct get_campaign {}
//!
//! impl ::pinpoint_iam::web::Requires<(Path<(String, String)>,)> for get_campaign { .. }
//! ```
//!
//! The struct has braces, so that it exists only in the type namespace and the handler keeps its name. The parameters
//! are an argument of the trait, not a type inside its implementation. Thus, a `pub` handler may have parameters of a
//! private type, as it may without the attribute.

use proc_macro2::{Delimiter, Group, Ident, Span, TokenStream};
use quote::{quote, quote_spanned};
use syn::spanned::Spanned;
use syn::{Attribute, FnArg, Pat, PatType, Token, Type};

use super::check_expr::made;
use super::declaration::{declaration, documentation};
use super::{Stage, Writer, combined_check, permit, same_catalogs, without_attributes};
use crate::paths::Root;
use crate::requires::bind;
use crate::requires::check::{Clause, Handler, Parameter};
use crate::requires::parse::Function;

/// Generates the handler and its check.
pub(super) fn expand(
    function: Function,
    clauses: &[Clause<'_>],
    handler: &Handler,
    root: &Root,
) -> TokenStream {
    let name = function.signature.ident.clone();
    let visibility = function.visibility.clone();
    let conditions = conditions(&function);
    let declaration = declaration(&function, clauses, Some(handler), root);
    let same_catalogs = same_catalogs(clauses, root);
    let same_catalogs = same_catalogs.iter().map(|assertion| (assertion.code)());
    let types = handler.before_body.iter().map(|Parameter { ty, .. }| ty);
    let taken = quote!((#(#types,)*));
    let (checks, proof) = checks(&name, clauses, handler, &taken, root);
    let guarded = guarded(function, clauses, handler, &taken, proof.as_ref(), root);
    // In an `impl`, rustc rejects these items before it checks anything else, and its note names the macro.
    quote! {
        #guarded

        #root::__private::requires_without_guard_is_for_free_functions! {
            #conditions
            #[doc(hidden)]
            #[allow(dead_code, non_camel_case_types, unreachable_pub)]
            {#visibility} #name

            #conditions
            impl #root::web::Annotated for #name {
                type Access = #root::__private::GuardedAccess;

                fn declaration() -> &'static #root::web::Declaration {
                    #(#same_catalogs)*
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
}

/// The attributes of the function that apply to all generated items.
fn conditions(function: &Function) -> TokenStream {
    let attributes = function.attributes.iter();
    let conditions = attributes.filter(|attribute| attribute.path().is_ident("cfg"));
    quote!(#(#conditions)*)
}

/// The implementations that contain the check: one, or one before and one after the body. Also returns the type of the
/// proof if that is not `()`.
fn checks(
    name: &Ident,
    clauses: &[Clause<'_>],
    handler: &Handler,
    taken: &TokenStream,
    root: &Root,
) -> (Vec<TokenStream>, Option<TokenStream>) {
    // Expressions of the attribute see the handler's parameters, but none of our own names. A constant with the same
    // name would still be interpreted as a pattern, hence the underscores.
    let ours = |name: &str| Ident::new(name, Span::mixed_site());
    let (guard, all, body) = (ours("__guard"), ours("__parameters"), ours("__body"));
    let patterns = handler
        .before_body
        .iter()
        .map(|Parameter { pattern, .. }| pattern);
    let take = quote!(let (#(#patterns,)*) = #all;);
    let caller = handler.caller.as_ref().map(|caller| {
        let given = quote_spanned! {caller.span()=>
            #root::__private::caller((#caller).__borrowed())
        };
        let made = made(root, &quote!(_), &given);
        quote! {
            const CALLER: ::core::option::Option<#root::web::CallerOf<#taken>> =
                ::core::option::Option::Some(|#all| {
                    use #root::__private::Borrowed as _;
                    #take
                    #made
                });
        }
    });
    let at = |stage| {
        let guard = &guard;
        let writer = Writer {
            root,
            guard,
            stage,
            has_references: true,
            has_id_traits: false,
        };
        combined_check(clauses, &writer)
    };
    let (last, proof) = at(Stage::Final);
    let proofs = proof.as_slice();
    let Some(Parameter { pattern, ty, .. }) = &handler.body else {
        let check = quote! {
            impl #root::web::Requires<#taken #(, #proofs)*> for #name {
                type Sealed = #root::__private::Generated;
                #caller

                fn check(
                    #guard: &#root::guard::Guard<'_>,
                    #all: &#taken,
                ) -> #root::__private::Checked #(<#proofs>)* {
                    #take
                    #last
                }
            }
        };
        return (vec![check], proof);
    };
    let (first, _) = at(Stage::BeforeBody);
    let before = quote! {
        impl #root::web::Prechecks<#taken> for #name {
            type Sealed = #root::__private::Generated;
            #caller

            fn precheck(
                #guard: &#root::guard::Guard<'_>,
                #all: &#taken,
            ) -> #root::__private::Checked {
                #take
                #root::__private::before_body(
                    (|| -> ::core::result::Result<_, #root::guard::Denied> { #first })()
                )
            }
        }
    };
    let after = quote! {
        impl #root::web::RequiresAfterBody<#taken, #ty #(, #proofs)*> for #name {
            type Sealed = #root::__private::Generated;

            fn check_after_body(
                #guard: &#root::guard::Guard<'_>,
                #all: &#taken,
                #body: &#ty,
            ) -> #root::__private::Checked #(<#proofs>)* {
                #take
                let #pattern = #body;
                #last
            }
        }
    };
    (vec![before, after], proof)
}

/// The handler with the proof before its parameters, and a line of documentation at the end.
///
/// The values that the check has used come out of the proof, so that the handler receives exactly the values that were
/// checked. Other extractors cannot change them, and they are extracted from the request only once.
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
    let body = using(&body, handler);
    let name = &signature.ident;
    let is_late = handler.body.is_some();
    let inputs: Vec<FnArg> = std::mem::take(&mut signature.inputs).into_iter().collect();
    let (mut moved, mut inputs) = partition(inputs, &handler.before_body);
    let patterns = moved.iter().map(|parameter| &parameter.pat);
    let parameters = (!moved.is_empty()).then(|| quote!(parameters: (#(#patterns,)*),));
    let permit = permit(clauses).map(|permit| quote!(permit: #permit,));
    // Unparsed: parsing it would not find anything.
    let proven = match (&parameters, &permit) {
        (None, None) => None,
        _ => Some(quote!(#parameters #permit ..)),
    };
    let adapter = handler.adapter.as_ref();
    let proofs = || proof.into_iter();
    let hidden = match (adapter, is_late) {
        // The type in the adapter has to contain the one of this crate, which only a check creates.
        (Some(adapter), true) => {
            quote!(#adapter::Prechecked(#root::web::Prechecked::<#name, #taken> { .. }))
        }
        (Some(adapter), false) => {
            let (proofs, proven) = (proofs(), proven.unwrap_or_else(|| quote!(..)));
            quote!(#adapter::Authorized(#root::web::Authorized::<#name, #taken #(, #proofs)*> { #proven }))
        }
        (None, true) => quote!(_),
        (None, false) => match proven {
            Some(proven) => quote!(#root::web::Authorized { #proven }),
            None => quote!(_),
        },
    };
    let module = match adapter {
        Some(adapter) => quote!(#adapter),
        None => quote!(#root::web),
    };
    let hidden_type = if is_late {
        quote!(#module::Prechecked<#name, #taken>)
    } else {
        let proofs = proofs();
        quote!(#module::Authorized<#name, #taken #(, #proofs)*>)
    };
    let mut attributes_of_moved: Vec<Attribute> = Vec::new();
    for parameter in &mut moved {
        attributes_of_moved.append(&mut parameter.attrs);
    }
    let mut hidden = PatType {
        attrs: Vec::new(),
        pat: Box::new(Pat::Verbatim(hidden)),
        colon_token: <Token![:]>::default(),
        ty: Box::new(Type::Verbatim(hidden_type)),
    };
    if is_late && let Some(FnArg::Typed(last)) = inputs.last_mut() {
        let (pattern, ty) = (&last.pat, &last.ty);
        let (proofs, proofs_of_type) = (proofs(), proofs());
        let parts = quote!({ value: #pattern, #parameters #permit .. });
        let unwrapped = match adapter {
            Some(adapter) => quote! {
                #adapter::AfterBody(#root::web::AfterBody::<#name, #taken, #ty #(, #proofs)*> #parts)
            },
            None => quote!(#root::web::AfterBody #parts),
        };
        *last.pat = Pat::Verbatim(unwrapped);
        *last.ty =
            Type::Verbatim(quote!(#module::AfterBody<#name, #taken, #ty #(, #proofs_of_type)*>));
        last.attrs.append(&mut attributes_of_moved);
    } else {
        hidden.attrs = attributes_of_moved;
    }
    signature.inputs = [FnArg::Typed(hidden)].into_iter().chain(inputs).collect();
    quote! {
        #(#attributes)*
        #[doc = ""]
        #[doc = #documentation]
        #visibility #signature #body
    }
}

/// The parameters that the check uses, in its order, and all others in order of appearance.
fn partition(inputs: Vec<FnArg>, checked: &[Parameter]) -> (Vec<PatType>, Vec<FnArg>) {
    let mut moved: Vec<Option<PatType>> = checked.iter().map(|_| None).collect();
    let mut rest = Vec::new();
    for (position, input) in inputs.into_iter().enumerate() {
        let place = checked
            .iter()
            .zip(&mut moved)
            .find(|(parameter, _)| parameter.position == position);
        match (place, input) {
            (Some((_, place)), FnArg::Typed(parameter)) => *place = Some(parameter),
            (_, input) => rest.push(input),
        }
    }
    (moved.into_iter().flatten().collect(), rest)
}

/// The body after a statement that uses the values that the check uses. The check is in another function, so rustc
/// would otherwise report parameters that only the attribute needs as unused.
fn using(body: &Group, handler: &Handler) -> Group {
    let parameters = handler.before_body.iter().chain(&handler.body);
    let names: Vec<Ident> = parameters
        .flat_map(|Parameter { pattern, .. }| bind::names(pattern))
        .collect();
    let (inner_attributes, rest) = without_attributes(body);
    if names.is_empty() {
        return body.clone();
    }
    let rest = rest.stream();
    let mut using = Group::new(
        Delimiter::Brace,
        quote! {
            #inner_attributes
            #[allow(clippy::all, clippy::pedantic)]
            let _ = (#(&#names,)*);
            #rest
        },
    );
    using.set_span(body.span());
    using
}
