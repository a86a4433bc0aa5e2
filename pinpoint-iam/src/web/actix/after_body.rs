//! The check after the body.

use std::future::Future;
use std::pin::Pin;

use actix_web::dev::Payload;
use actix_web::{Error, FromRequest, HttpMessage, HttpRequest};

use super::authorizer;
use super::before_body::BeforeBody;
use super::decision::wait_for_decision;
use super::rejection::refuse;
use crate::web::adapter::Remainder;
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
    let authorizer = authorizer(&request).map_err(refuse::<H>)?;
    // The extractor of the body is not created before the first check has passed.
    let is_let_in = wait_for_decision(&request).await.unwrap_or(true);
    let stored = request.extensions_mut().remove::<Remainder<H, P>>();
    let Some(remainder) = stored.filter(|_| is_let_in) else {
        return Err(Remainder::<H, P>::missing(&authorizer).into());
    };
    let value = B::from_request(&request, &mut payload)
        .await
        .map_err(Into::into)?;
    Ok(remainder.finish(value).await?)
}
