//! Generates the check of a method of a service.
//!
//! If the body of a method with a boxed future uses the service, check and body are beside the implementation:
//!
//! ```text
//! fn __checked_get_campaign<'a>(
//!     service: &'a dyn __Bodies,
//!     request: Request<GetCampaignRequest>,
//! ) -> __Boxed<'a, Result<Response<Campaign>, Status>> {
//!     ::pinpoint_iam::web::tonic::__guarded::<CampaignsServer<Service>, _, _, _, _>(
//!         service, request, "GetCampaign", "get_campaign", |guard, request| { .. the check .. },
//!         <dyn __Bodies as __Bodies>::__body_get_campaign, ::pinpoint_iam::__private::deny,
//!     )
//! }
//! ```
//!
//! `__guarded` requires that the service is `Sync`. `dyn __Bodies` is `Sync` by its declaration. For the type of the
//! service, the compiler would prove this anew in each method, which takes long.
//!
//! Otherwise, the body is in the method:
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
//! Everything that does not depend on the method is in `__guarded` and `__check`, so that the compiler analyzes it once.
//! The check is a function beside the implementation, because `#[async_trait]` parses and writes what is in it once more. A
//! check that needs the method's surroundings is a closure in the method.

use proc_macro2::{Ident, Span, TokenStream};
use quote::{format_ident, quote, quote_spanned};
use syn::ext::IdentExt;
use syn::spanned::Spanned;

use super::declaration::documentation;
use super::function::{self, Check};
use super::service_method::{BoxedMethod, SeparateBody};
use super::{Stage, Writer, combined_check, permit};
use crate::paths::Root;
use crate::requires::OfService;
use crate::requires::check::Clause;
use crate::requires::parse::Function;

/// A method with its check.
pub(super) struct Expanded {
    pub(super) code: TokenStream,
    /// The check as a function beside the implementation, if it is one.
    pub(super) check: TokenStream,
    /// The body, if it is beside the implementation.
    pub(super) body: Option<SeparateBody>,
}

/// The method with the check of the request before its body.
pub(super) fn expand(
    function: Function,
    clauses: &[Clause<'_>],
    of_service: &OfService,
    root: &Root,
) -> Expanded {
    let OfService {
        server,
        name,
        request,
        pattern,
        separate,
        boxed,
    } = of_service;
    let check = Combined::of(clauses, root);
    let permit = permit(clauses).unwrap_or_else(|| quote!(_));
    let pattern = quote!((#pattern, #permit));
    if let (Some(boxed), Some(_)) = (boxed, separate)
        && let Some((checked, body)) =
            separate_body(&function, boxed, &check, &pattern, of_service, root)
    {
        let this = &boxed.this;
        let name = format_ident!("__checked_{}", function.signature.ident.unraw());
        let method = boxed.method(request, &quote!(#name(#this, #request)), root);
        return Expanded {
            code: function.documented(&documentation(clauses), &method),
            check: checked,
            body: Some(body),
        };
    }
    let (check, beside) = check.passed(&function, of_service, root);
    let checking = |this: TokenStream| quote!(#root::web::tonic::__check::<#server, _, _>(#this, #request, #name, #check));
    let code = match boxed {
        None => {
            let checking = checking(quote!(&self));
            let check = Check {
                pattern,
                expression: quote!(#checking.await),
            };
            let start = TokenStream::new();
            function::expand(function, clauses, check, &start, root)
        }
        Some(boxed) => {
            // Created outside of the method's own future. That future contains `self` only if the body uses it, and the
            // compiler has to prove that what it contains is `Send`.
            let this = &boxed.this;
            let checking = checking(quote!(#this));
            let check = Check {
                pattern,
                expression: quote!(#request.await),
            };
            let start = function::statement(check, &function.signature, None, root);
            let future = boxed.future(request, &checking, &start, &function.body);
            let method = boxed.method(request, &future, root);
            function.documented(&documentation(clauses), &method)
        }
    };
    Expanded {
        code,
        check: beside,
        body: None,
    }
}

/// The body beside the implementation, and the function `__checked_*` that checks the request before it. `None` if the body
/// cannot be there.
fn separate_body(
    function: &Function,
    boxed: &BoxedMethod,
    check: &Combined,
    pattern: &TokenStream,
    of_service: &OfService,
    root: &Root,
) -> Option<(TokenStream, SeparateBody)> {
    let OfService {
        server,
        name,
        request,
        ..
    } = of_service;
    let proof = &check.proof;
    let check = check.closure(request);
    let BoxedMethod {
        message, output, ..
    } = boxed;
    let passed = Ident::new("__passed", Span::mixed_site());
    let start = quote! {
        #[allow(clippy::all, clippy::pedantic, unused_braces, unused_parens)]
        let #pattern = #passed;
    };
    let passed_type = quote!((#message, #proof));
    let body = boxed.separate_body(&passed, &passed_type, &start, &function.body, root)?;
    let ident = function.signature.ident.unraw();
    let checked = format_ident!("__checked_{ident}");
    let path = format_ident!("__body_{ident}");
    let ident = ident.to_string();
    let of_service = Ident::new("__service", Span::mixed_site());
    // An error about a return type that denials cannot be converted to is at this type.
    let deny = quote_spanned!(function.signature.output.span()=> #root::__private::deny);
    let checked = quote! {
        #[allow(clippy::all, clippy::pedantic, unused_braces, unused_parens)]
        fn #checked<'a>(#of_service: &'a dyn __Bodies, #request: #message) -> #root::web::tonic::__Boxed<'a, #output> {
            #root::web::tonic::__guarded::<#server, _, _, _, _>(
                #of_service,
                #request,
                #name,
                #ident,
                #check,
                <dyn __Bodies as __Bodies>::#path,
                #deny,
            )
        }
    };
    Some((checked, body))
}

/// The check of all clauses.
struct Combined {
    /// The variable that contains the guard.
    guard: Ident,
    check: TokenStream,
    /// The type of the proof.
    proof: TokenStream,
}

impl Combined {
    fn of(clauses: &[Clause<'_>], root: &Root) -> Self {
        let guard = Ident::new("__guard", Span::mixed_site());
        let writer = Writer {
            root,
            guard: &guard,
            stage: Stage::Final,
            has_references: false,
            has_id_traits: true,
        };
        let (check, proof) = combined_check(clauses, &writer);
        let proof = proof.unwrap_or_else(|| quote!(()));
        Self {
            guard,
            check,
            proof,
        }
    }

    /// The check as a closure.
    fn closure(&self, request: &Ident) -> TokenStream {
        let Self { guard, check, .. } = self;
        quote! {
            |#guard, #request| {
                let _ = #request;
                #check
            }
        }
    }

    /// The check as a function beside the implementation and its name, or as a closure and nothing beside.
    fn passed(
        &self,
        function: &Function,
        of_service: &OfService,
        root: &Root,
    ) -> (TokenStream, TokenStream) {
        let OfService {
            request,
            separate,
            boxed,
            ..
        } = of_service;
        let Self {
            guard,
            check,
            proof,
        } = self;
        match separate {
            Some(message) => {
                let separate = format_ident!("__check_{}", function.signature.ident.unraw());
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
                let closure = self.closure(request);
                (quote!(#owned #closure), TokenStream::new())
            }
        }
    }
}
