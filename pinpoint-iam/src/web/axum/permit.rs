//! Permits as extractors.

use axum::extract::{FromRequestParts, RawPathParams};
use axum::response::{IntoResponse, Response};
use http::request::Parts;

use super::HasAuthorizer;
use crate::action::TypedAction;
use crate::guard::Permit;
use crate::web::adapter::PermitCheck;

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
        let check = PermitCheck::new(state.authorizer(), parts);
        let check = check.map_err(IntoResponse::into_response)?;
        let parameters = RawPathParams::from_request_parts(parts, state).await;
        let parameters = parameters.map_err(|_| check.unreadable().into_response())?;
        let parameters: Vec<(&str, &str)> = parameters.iter().collect();
        let permit = check.decide(parts, parameters.iter().copied()).await;
        permit.map_err(IntoResponse::into_response)
    }
}
