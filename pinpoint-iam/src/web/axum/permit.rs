//! Permits as extractors.

use axum::extract::{FromRequestParts, RawPathParams};
use axum::response::{IntoResponse, Response};
use http::request::Parts;

use super::{HasAuthorizer, caller, keep_tags};
use crate::action::TypedAction;
use crate::denial::Denied;
use crate::guard::{Guard, Permit};
use crate::web::caller::{PERMIT, log_denial};

/// Checks that the caller may perform `A` on the resource that the route's parameters identify. The parameters must
/// have the names in the catalog, `{campaign-id}` or `{campaign_id}`, in the same order. A route with another order
/// responds 500, because a tuple in `Path` would then contain other ids than the permit.
///
/// An action that acts on several resource types does not compile here, because such parameters do not determine the
/// type.
impl<S, A> FromRequestParts<S> for Permit<A>
where
    S: HasAuthorizer + Send + Sync,
    A: TypedAction,
{
    type Rejection = Response;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Response> {
        const { Self::assert_named_by_route() };
        let authorizer = state.authorizer();
        let mut caller = caller(&authorizer, parts).map_err(IntoResponse::into_response)?;
        let parameters = RawPathParams::from_request_parts(parts, state)
            .await
            .map_err(|_| {
                Denied::unreadable()
                    .for_authorizer(&authorizer)
                    .into_response()
            })?;
        let parameters: Vec<(&str, &str)> = parameters.iter().collect();
        let outcome = caller
            .check_with_keys(&authorizer, &parts.headers, |guard: &Guard<'_>| {
                guard.authorize_parameters(parameters.iter().copied())
            })
            .await;
        keep_tags(&caller, parts);
        outcome.map_err(|denied| {
            log_denial(&denied, Some(&caller.principal), PERMIT);
            denied.into_response()
        })
    }
}
