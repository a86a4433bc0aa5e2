//! The check before the body.

use actix_web::dev::Payload;
use actix_web::error::InternalError;
use actix_web::{Error, FromRequest, HttpMessage, HttpRequest};
use serde::de::value;

use super::authorizer;
use super::before_body::BeforeBody;
use super::decision::{CheckFuture, Refusal, at_once};
use super::rejection::refuse;
use crate::authorizer::Authorizer;
use crate::denial::Denied;
use crate::web::adapter::{Identified, Open};
use crate::web::{Annotated, Authorized, Prechecked, Prechecks, Requires};

impl<H, P, T> FromRequest for Authorized<H, P, T>
where
    H: Requires<P, T>,
    P: BeforeBody + 'static,
    T: 'static,
{
    type Error = Error;
    type Future = CheckFuture<Self>;

    fn from_request(request: &HttpRequest, payload: &mut Payload) -> CheckFuture<Self> {
        let check: Check<H, P, T, Self> = Check {
            start: Open::check,
            passed: |_, identified, permit| identified.authorized(permit),
        };
        check.extract(request, payload)
    }
}

/// The first half of a check that continues after the body.
impl<H, P> FromRequest for Prechecked<H, P>
where
    H: Prechecks<P>,
    P: BeforeBody + 'static,
{
    type Error = Error;
    type Future = CheckFuture<Self>;

    fn from_request(request: &HttpRequest, payload: &mut Payload) -> CheckFuture<Self> {
        let check: Check<H, P, (), Self> = Check {
            start: Open::precheck,
            passed: |request, identified, ()| {
                let (prechecked, remainder) = identified.remainder(request.headers());
                request.extensions_mut().insert(remainder);
                prechecked
            },
        };
        check.extract(request, payload)
    }
}

/// Starts a check.
type Start<H, P, T> = fn(Authorizer, &mut HttpRequest) -> Result<Open<H, P, T>, Denied>;

/// Creates the extracted value of a check that has passed.
type Pass<H, P, T, O> = fn(&HttpRequest, Identified<H, P, T>, T) -> O;

/// A check before the body.
struct Check<H, P, T, O> {
    start: Start<H, P, T>,
    passed: Pass<H, P, T, O>,
}

impl<H, P, T, O> Check<H, P, T, O>
where
    H: Annotated,
    P: BeforeBody + 'static,
    T: 'static,
    O: 'static,
{
    /// Extracts the parameters that the check reads, and runs the check.
    fn extract(self, request: &HttpRequest, payload: &mut Payload) -> CheckFuture<O> {
        let mut own = request.clone();
        // Reads the principal first, before any extractor of the application could change it.
        let started = authorizer(request)
            .map_err(refuse::<H>)
            .and_then(|authorizer| Ok((self.start)(authorizer, &mut own)?));
        let open = match started {
            Ok(open) => open,
            Err(error) => return CheckFuture::refused(payload, error),
        };
        let Some(parameters) = at_once(P::extract(request)) else {
            return CheckFuture::waiting(request, payload, Refusal::Ends, async move {
                let parameters = P::extract(&own).await;
                let identified = identify(open, &mut own, parameters)?;
                self.decide(own, identified).await
            });
        };
        let mut identified = match identify(open, &mut own, parameters) {
            Ok(identified) => identified,
            Err(error) => return CheckFuture::refused(payload, error),
        };
        match identified.decide_without_waiting(request.headers()) {
            Some(Ok(permit)) => CheckFuture::made(Ok((self.passed)(request, identified, permit))),
            Some(Err(denied)) => CheckFuture::refused(payload, denied.into()),
            None => {
                let decision = self.decide(own, identified);
                CheckFuture::waiting(request, payload, Refusal::Ends, decision)
            }
        }
    }

    /// Decides with policies and keys that have to be waited for.
    async fn decide(
        self,
        mut request: HttpRequest,
        mut identified: Identified<H, P, T>,
    ) -> Result<O, Error> {
        let outcome = identified.decide(request.headers()).await;
        identified.keep_keys(&mut request);
        Ok((self.passed)(&request, identified, outcome?))
    }
}

/// Identifies the caller, after the parameters are extracted.
fn identify<H: Annotated, P: FromRequest, T>(
    open: Open<H, P, T>,
    request: &mut HttpRequest,
    parameters: Result<P, P::Error>,
) -> Result<Identified<H, P, T>, Error> {
    let parameters = parameters.map_err(|error| {
        let error = error.into();
        // `Path` responds 404 by default to a path that cannot be read.
        let is_path = error.as_error::<InternalError<value::Error>>().is_some();
        let status = error.as_response_error().status_code().as_u16();
        let denied = open.rejected(if is_path { 400 } else { status });
        denied.map_or(error, Into::into)
    })?;
    Ok(open.identify(request, parameters)?)
}
