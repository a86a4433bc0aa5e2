//! Generates the check of a method of a service.
//!
//! ```text
//! fn __check_get_campaign(guard: &Guard<'_>, request: &Request<GetCampaignRequest>) -> Result<(), Denied> { .. the check .. }
//!
//! let (request, _) = match ::pinpoint_iam::web::tonic::__check::<CampaignsServer<Service>, _, _>(
//!     &self, request, "GetCampaign", __check_get_campaign,
//! ).await { .. };
//! ```
//!
//! Everything that does not depend on the method is in `__check`, so that the compiler analyzes it once. The check is a
//! function beside the implementation, because `#[async_trait]` parses and writes the implementation once more. A check
//! that needs the method's surroundings is a closure in the method.

use proc_macro2::{Ident, Span, TokenStream, TokenTree};
use quote::{format_ident, quote};
use syn::ext::IdentExt;

use super::function::Check;
use super::{Stage, Writer, combined_check, permit};
use crate::paths::Root;
use crate::requires::OfService;
use crate::requires::check::Clause;
use crate::requires::parse::Function;

/// The check of the request before the body, which passes the request on, and the function beside the implementation
/// that it calls.
pub(super) fn check(
    function: &Function,
    clauses: &[Clause<'_>],
    of_service: &OfService,
    root: &Root,
) -> (Check, TokenStream) {
    let OfService {
        server,
        name,
        request,
        pattern,
        separate,
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
    let (check, beside) = match separate {
        Some(message) if !depends_on_method(quote!(#message #check)) => {
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
        _ => {
            let closure = quote! {
                |#guard, #request| {
                    let _ = #request;
                    #check
                }
            };
            (closure, TokenStream::new())
        }
    };
    let permit = permit(clauses).unwrap_or_else(|| quote!(_));
    let check = Check {
        pattern: quote!((#pattern, #permit)),
        expression: quote! {
            #root::web::tonic::__check::<#server, _, _>(&self, #request, #name, #check).await
        },
    };
    (check, beside)
}

/// Whether code may mean something else outside of the method: it contains `self`, `Self` or a lifetime.
fn depends_on_method(code: TokenStream) -> bool {
    code.into_iter().any(|token| match token {
        TokenTree::Ident(word) => word == "self" || word == "Self",
        TokenTree::Group(group) => depends_on_method(group.stream()),
        TokenTree::Punct(punct) => punct.as_char() == '\'',
        TokenTree::Literal(_) => false,
    })
}
