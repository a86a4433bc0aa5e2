//! Principals from an extractor of the application.

use std::fmt;
use std::marker::PhantomData;

use axum::extract::FromRequestParts;
use http::request::Parts;

use crate::principal::Principal;
use crate::web::Caller;

/// Runs the extractor `E`, and inserts its [principal](Caller::principal) into the request's extensions. Use it
/// with [`from_extractor_with_state`](axum::middleware::from_extractor_with_state), around all handlers with
/// `#[requires]`.
///
/// ```
/// use axum::extract::FromRequestParts;
/// use axum::http::{StatusCode, request::Parts};
/// use axum::{Router, middleware};
/// use pinpoint_iam::web::Caller;
/// use pinpoint_iam::web::axum::PrincipalFrom;
/// use pinpoint_iam::{Authorizer, Principal};
///
/// /// The application's own extractor.
/// struct User {
///     arn: String,
/// }
///
/// impl<S: Sync> FromRequestParts<S> for User {
///     type Rejection = StatusCode;
///
///     async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, StatusCode> {
///         let header = parts.headers.get("x-user").ok_or(StatusCode::UNAUTHORIZED)?;
///         let arn = header.to_str().map_err(|_| StatusCode::UNAUTHORIZED)?.to_owned();
///         Ok(Self { arn })
///     }
/// }
///
/// impl Caller for User {
///     fn principal(&self) -> Option<Principal> {
///         Principal::from_arn(&self.arn).ok()
///     }
/// }
///
/// fn with_callers(router: Router<Authorizer>, state: Authorizer) -> Router {
///     router
///         .layer(middleware::from_extractor_with_state::<PrincipalFrom<User>, _>(state.clone()))
///         .with_state(state)
/// }
/// ```
pub struct PrincipalFrom<E>(PhantomData<fn() -> E>);

impl<S, E> FromRequestParts<S> for PrincipalFrom<E>
where
    S: Send + Sync,
    E: FromRequestParts<S> + Caller + Send,
{
    type Rejection = E::Rejection;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, E::Rejection> {
        // A previous principal does not come from this extractor, so it is removed even if the extractor finds no
        // caller.
        parts.extensions.remove::<Principal>();
        let caller = E::from_request_parts(parts, state).await?.principal();
        if let Some(principal) = caller {
            parts.extensions.insert(principal);
        }
        Ok(Self(PhantomData))
    }
}

impl<E> fmt::Debug for PrincipalFrom<E> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("PrincipalFrom")
    }
}
