//! Generates the check of a method of a service.
//!
//! ```text
//! fn __check_get_campaign(guard: &Guard<'_>, request: &Request<GetCampaignRequest>) -> Result<(), Denied> { .. the check .. }
//!
//! let request = ::pinpoint_iam::web::tonic::__check::<CampaignsServer<Service>, _, _>(
//!     self, request, "GetCampaign", __check_get_campaign,
//! );
//! Box::pin(async move {
//!     let (request, _) = match request.await { .. };
//!     { .. the body as it was written .. }
//! })
//! ```
//!
//! If `#[async_trait]` remains, or the trait declares an `async` function without it, the function stays `async` and
//! awaits `__check` itself.
//!
//! Everything that does not depend on the method is in `__check`, so that the compiler analyzes it once. The check is a
//! function beside the implementation, because `#[async_trait]` parses and writes what is in it once more. A check that
//! needs the method's surroundings is a closure in the method.

use proc_macro2::{Ident, Span, TokenStream};
use quote::{format_ident, quote};
use syn::ext::IdentExt;

use super::declaration::documentation;
use super::function::{self, Check};
use super::{Stage, Writer, combined_check, permit};
use crate::paths::Root;
use crate::requires::OfService;
use crate::requires::check::Clause;
use crate::requires::parse::Function;

/// The method with the check of the request before its body, and the function beside the implementation that it calls.
pub(super) fn expand(
    function: Function,
    clauses: &[Clause<'_>],
    of_service: &OfService,
    root: &Root,
) -> (TokenStream, TokenStream) {
    let OfService {
        server,
        name,
        request,
        pattern,
        boxed,
        ..
    } = of_service;
    let (check, beside) = check(&function, clauses, of_service, root);
    let permit = permit(clauses).unwrap_or_else(|| quote!(_));
    let pattern = quote!((#pattern, #permit));
    let checking = |this: TokenStream| quote!(#root::web::tonic::__check::<#server, _, _>(#this, #request, #name, #check));
    let Some(boxed) = boxed else {
        let checking = checking(quote!(&self));
        let check = Check {
            pattern,
            expression: quote!(#checking.await),
        };
        let start = TokenStream::new();
        return (
            function::expand(function, clauses, check, &start, root),
            beside,
        );
    };
    // Created outside of the method's own future. That future contains `self` only if the body uses it, and the compiler
    // has to prove that what it contains is `Send`.
    let this = &boxed.this;
    let checking = checking(quote!(#this));
    let check = Check {
        pattern,
        expression: quote!(#request.await),
    };
    let checked = function::statement(check, &function.signature, None, root);
    let method = boxed.method(request, &checking, &checked, &function.body, root);
    let code = function.documented(&documentation(clauses), &method);
    (code, beside)
}

/// The check of the request, as a function beside the implementation and its name, or as a closure and nothing beside.
fn check(
    function: &Function,
    clauses: &[Clause<'_>],
    of_service: &OfService,
    root: &Root,
) -> (TokenStream, TokenStream) {
    let OfService {
        request,
        separate,
        boxed,
        ..
    } = of_service;
    let guard = Ident::new("__guard", Span::mixed_site());
    let writer = Writer {
        root,
        guard: &guard,
        stage: Stage::Final,
        has_references: false,
        has_id_traits: true,
    };
    let (check, proof) = combined_check(clauses, &writer);
    match separate {
        Some(message) => {
            let separate = format_ident!("__check_{}", function.signature.ident.unraw());
            let proof = proof.unwrap_or_else(|| quote!(()));
            let beside = quote! {
                #[allow(clippy::all, clippy::pedantic, unused_braces, unused_parens)]
                fn #separate(
                    #guard: &#root::guard::Guard<'_>,
                    #request: &#message,
                ) -> ::core::result::Result<#proof, #root::guard::Denied> {
                    let _ = #request;
                    #check
                }
            };
            (quote!(#separate), beside)
        }
        None => {
            // In a method that is not `async`, the closure outlives the call and owns its copy of `self`.
            let owned = boxed.is_some().then(|| quote!(move));
            let closure = quote! {
                #owned |#guard, #request| {
                    let _ = #request;
                    #check
                }
            };
            (closure, TokenStream::new())
        }
    }
}
