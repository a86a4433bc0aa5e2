//! The check after the body.

use axum::extract::{FromRequest, FromRequestParts, Request};
use axum::response::{IntoResponse, Response};
use http::request::Parts;

use super::HasAuthorizer;
use super::authorized::BeforeBody;
use crate::denial::Denied;
use crate::web::adapter::{Handover, Remainder};
use crate::web::{AfterBody, Annotated, RequiresAfterBody};

/// For a last parameter that reads the body.
impl<S, H, P, B, T> FromRequest<S> for AfterBody<H, P, B, T>
where
    S: HasAuthorizer + Send + Sync,
    H: RequiresAfterBody<P, B, T>,
    P: BeforeBody<S> + Send + Sync + 'static,
    B: FromRequest<S> + Send + Sync,
    T: Send,
{
    type Rejection = Response;

    async fn from_request(request: Request, state: &S) -> Result<Self, Response> {
        let (mut parts, body) = request.into_parts();
        let remainder = remainder::<H, P, S>(&mut parts, state);
        let remainder = remainder.map_err(IntoResponse::into_response)?;
        let value = B::from_request(Request::from_parts(parts, body), state)
            .await
            .map_err(IntoResponse::into_response)?;
        let finished = remainder.finish(value).await;
        finished.map_err(IntoResponse::into_response)
    }
}

/// For a last parameter that does not read the body after all.
impl<S, H, P, B, T> FromRequestParts<S> for AfterBody<H, P, B, T>
where
    S: HasAuthorizer + Send + Sync,
    H: RequiresAfterBody<P, B, T>,
    P: BeforeBody<S> + Send + Sync + 'static,
    B: FromRequestParts<S> + Send + Sync,
    T: Send,
{
    type Rejection = Response;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Response> {
        let remainder = remainder::<H, P, S>(parts, state);
        let remainder = remainder.map_err(IntoResponse::into_response)?;
        let value = B::from_request_parts(parts, state)
            .await
            .map_err(IntoResponse::into_response)?;
        let finished = remainder.finish(value).await;
        finished.map_err(IntoResponse::into_response)
    }
}

/// Takes the rest of the check, if the check before the body has passed.
fn remainder<H, P, S>(parts: &mut Parts, state: &S) -> Result<Remainder<H, P>, Denied>
where
    H: Annotated,
    P: Send + 'static,
    S: HasAuthorizer,
{
    let stored = parts.extensions.remove::<Handover<H, P>>();
    stored
        .and_then(|stored| stored.take())
        .ok_or_else(|| Remainder::<H, P>::missing(&state.authorizer()))
}
