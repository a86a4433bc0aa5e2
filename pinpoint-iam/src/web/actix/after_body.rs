//! The check after the body.

use std::future::Future;
use std::pin::Pin;

use actix_web::dev::Payload;
use actix_web::{Error, FromRequest, HttpRequest};

use super::before_body::BeforeBody;
use super::decision::wait_for_decision;
use super::rejection::refuse;
use super::{authorizer, kept};
use crate::denial::Denied;
use crate::guard::Guard;
use crate::web::{AfterBody, RequiresAfterBody};

impl<H, P, B, T> FromRequest for AfterBody<H, P, B, T>
where
    H: RequiresAfterBody<P, B, T>,
    P: BeforeBody + 'static,
    B: FromRequest + 'static,
    T: 'static,
{
    type Error = Error;
    type Future = Pin<Box<dyn Future<Output = Result<Self, Error>>>>;

    fn from_request(request: &HttpRequest, payload: &mut Payload) -> Self::Future {
        let request = request.clone();
        let payload = payload.take();
        Box::pin(after_body(request, payload))
    }
}

async fn after_body<H, P, B, T>(
    request: HttpRequest,
    mut payload: Payload,
) -> Result<AfterBody<H, P, B, T>, Error>
where
    H: RequiresAfterBody<P, B, T>,
    P: BeforeBody + 'static,
    B: FromRequest,
{
    let authorizer = authorizer(&request).map_err(|denied| refuse::<H>(denied, None))?;
    // The extractor of the body is not created before the first check has passed.
    let is_let_in = wait_for_decision(&request).await.unwrap_or(true);
    let (true, Some((mut caller, parameters))) = (is_let_in, kept::<H, P>(&request)) else {
        let denied = Denied::misconfigured("the check before the body has not passed")
            .for_authorizer(&authorizer);
        return Err(refuse::<H>(denied, None));
    };
    let value = B::from_request(&request, &mut payload)
        .await
        .map_err(Into::into)?;
    let check = |guard: &Guard<'_>| H::check_after_body(guard, &parameters, &value);
    match caller.check_with_keys(&authorizer, check).await {
        Ok(permit) => Ok(AfterBody::passed(value, parameters, permit)),
        Err(denied) => Err(refuse::<H>(denied, Some(&caller.principal))),
    }
}
