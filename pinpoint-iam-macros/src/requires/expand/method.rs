//! Generates the check of a method of a service.
//!
//! ```text
//! let (request, _) = match ::pinpoint_iam::web::tonic::__check::<CampaignsServer<Service>, _, _>(
//!     &self, request, "GetCampaign", |guard, request| { .. the check .. },
//! ).await { .. };
//! ```
//!
//! Everything that does not depend on the method is in `__check`, so that the compiler analyzes it once.

use proc_macro2::{Ident, Span};
use quote::quote;

use super::function::Check;
use super::{Stage, Writer, combined_check, permit};
use crate::paths::Root;
use crate::requires::OfService;
use crate::requires::check::Clause;

/// The check of the request before the body, which passes the request on.
pub(super) fn check(clauses: &[Clause<'_>], of_service: &OfService, root: &Root) -> Check {
    let OfService {
        server,
        name,
        request,
        pattern,
    } = of_service;
    let guard = Ident::new("__guard", Span::mixed_site());
    let writer = Writer {
        root,
        guard: &guard,
        stage: Stage::Final,
        has_references: false,
    };
    let (check, _) = combined_check(clauses, &writer);
    let permit = permit(clauses).unwrap_or_else(|| quote!(_));
    Check {
        pattern: quote!((#pattern, #permit)),
        expression: quote! {
            #root::web::tonic::__check::<#server, _, _>(
                &self,
                #request,
                #name,
                |#guard, #request| {
                    let _ = #request;
                    #check
                },
            ).await
        },
    }
}
