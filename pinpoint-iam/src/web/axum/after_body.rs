//! The check after the body.

use std::marker::PhantomData;

use axum::extract::{FromRequest, FromRequestParts, Request};
use axum::response::{IntoResponse, Response};
use http::request::Parts;

use super::authorized::BeforeBody;
use super::rejection::refuse;
use super::{HasAuthorizer, kept};
use crate::authorizer::Authorizer;
use crate::context::Context;
use crate::denial::Denied;
use crate::guard::Guard;
use crate::web::caller::RequestCaller;
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
        let authorizer = state.authorizer();
        let rest = Rest::<H, P>::of(&mut parts, &authorizer)
            .map_err(|denied| refuse::<H>(&denied, None))?;
        let value = B::from_request(Request::from_parts(parts, body), state)
            .await
            .map_err(IntoResponse::into_response)?;
        rest.finish(value, &authorizer).await
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
        let authorizer = state.authorizer();
        let rest =
            Rest::<H, P>::of(parts, &authorizer).map_err(|denied| refuse::<H>(&denied, None))?;
        let value = B::from_request_parts(parts, state)
            .await
            .map_err(IntoResponse::into_response)?;
        rest.finish(value, &authorizer).await
    }
}

/// The values that the rest of the check needs besides the last parameter.
struct Rest<H, P> {
    caller: RequestCaller<Context>,
    parameters: P,
    check: PhantomData<fn() -> H>,
}

impl<H: Annotated, P: Send + 'static> Rest<H, P> {
    fn of(parts: &mut Parts, authorizer: &Authorizer) -> Result<Self, Denied> {
        let Some((caller, parameters)) = kept::<H, P>(parts) else {
            let denied = Denied::misconfigured("the check before the body was not made");
            return Err(denied.for_authorizer(authorizer));
        };
        Ok(Self {
            caller,
            parameters,
            check: PhantomData,
        })
    }

    /// Decides after the last parameter is extracted.
    async fn finish<B, T>(
        mut self,
        value: B,
        authorizer: &Authorizer,
    ) -> Result<AfterBody<H, P, B, T>, Response>
    where
        H: RequiresAfterBody<P, B, T>,
    {
        let check = |guard: &Guard<'_>| H::check_after_body(guard, &self.parameters, &value);
        match self.caller.check_with_keys(authorizer, check).await {
            Ok(permit) => Ok(AfterBody::passed(value, self.parameters, permit)),
            Err(denied) => Err(refuse::<H>(&denied, Some(&self.caller.principal))),
        }
    }
}
