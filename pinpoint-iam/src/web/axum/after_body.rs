//! The check after the body.

use axum::extract::{FromRequest, Request};
use axum::response::{IntoResponse, Response};

use super::authorized::{BeforeBody, take};
use super::rejection::refuse;
use super::{HoldsAuthorizer, kept};
use crate::guard::{Denied, Guard};
use crate::web::{AfterBody, RequiresAfterBody};

impl<S, H, P, B> FromRequest<S> for AfterBody<H, P, B>
where
    S: HoldsAuthorizer + Send + Sync,
    H: RequiresAfterBody<P, B>,
    P: BeforeBody<S> + Send + Sync,
    B: ReadLast<S> + Send + Sync,
{
    type Rejection = Response;

    async fn from_request(request: Request, state: &S) -> Result<Self, Response> {
        let (mut parts, body) = request.into_parts();
        let authorizer = state.authorizer();
        let Some(mut caller) = kept(&parts) else {
            let denied = Denied::misconfigured("the check before the body was not made")
                .answered_by(&authorizer);
            return Err(refuse::<H>(&denied, None));
        };
        let parameters = take::<H, P, S>(&mut parts, state, &authorizer, &caller.principal).await?;
        let value = B::from_request(Request::from_parts(parts, body), state)
            .await
            .map_err(IntoResponse::into_response)?;
        let check = |guard: &Guard<'_>| H::check_after_body(guard, &parameters, &value);
        let outcome = caller.settle(&authorizer, check).await;
        match outcome {
            Ok(permit) => Ok(Self::passed(value, permit)),
            Err(denied) => Err(refuse::<H>(&denied, Some(&caller.principal))),
        }
    }
}

/// A last parameter that reads the body.
#[diagnostic::on_unimplemented(
    message = "`{Self}` does not read the body",
    label = "the check waits for this parameter, as the last one",
    note = "write it in front of the handler's last parameter: it is then looked at before the body is read"
)]
pub trait ReadLast<S>: FromRequest<S> {}

#[diagnostic::do_not_recommend]
impl<S, B: FromRequest<S>> ReadLast<S> for B {}
