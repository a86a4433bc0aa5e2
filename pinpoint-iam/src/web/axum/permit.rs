//! Permits as extractors.

use axum::extract::{FromRequestParts, RawPathParams};
use axum::response::{IntoResponse, Response};
use http::request::Parts;

use super::{Caller, HoldsAuthorizer};
use crate::action::TypedAction;
use crate::guard::{Denied, Guard, Permit, is_parameter};

/// Checks that the caller may do `A` to the resource that the route's parameters name, which are called as in the
/// catalog: `{campaign-id}` or `{campaign_id}`.
///
/// An action that acts on several resource types does not say which one such parameters name, and does not compile here.
impl<S, A> FromRequestParts<S> for Permit<A>
where
    S: HoldsAuthorizer + Send + Sync,
    A: TypedAction,
{
    type Rejection = Response;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Response> {
        const {
            let action = A::METADATA;
            assert!(
                action.resource_types.len() < 2 || action.whole_arn.is_some(),
                "the action acts on several resource types: use `#[requires(.., permit = name)]`"
            );
        }
        let authorizer = state.authorizer();
        let mut caller = Caller::of(&authorizer, parts).map_err(IntoResponse::into_response)?;
        let parameters = RawPathParams::from_request_parts(parts, state)
            .await
            .map_err(|_| Denied::unreadable().into_response())?;
        let parameter = |field: &str| {
            let mut named = parameters
                .iter()
                .filter(|(name, _)| is_parameter(name, field));
            match (named.next(), named.next()) {
                (Some((_, value)), None) => Some(value),
                _ => None,
            }
        };
        caller
            .settle(&authorizer, |guard: &Guard<'_>| {
                guard.authorize_parameters(parameter)
            })
            .await
            .map_err(IntoResponse::into_response)
    }
}
