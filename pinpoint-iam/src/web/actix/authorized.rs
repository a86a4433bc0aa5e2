//! The check before the body.

use actix_web::dev::Payload;
use actix_web::error::InternalError;
use actix_web::http::StatusCode;
use actix_web::{Error, FromRequest, HttpMessage, HttpRequest};
use serde::de::value;

use super::before_body::BeforeBody;
use super::decision::{CheckFuture, Refusal, at_once};
use super::rejection::refuse;
use super::{authorizer, keep, keep_tags, principal, unidentified};
use crate::authorizer::Authorizer;
use crate::denial::Denied;
use crate::guard::Guard;
use crate::principal::Principal;
use crate::web::caller::{IdentifiedCaller, RequestCaller, Unidentified};
use crate::web::{Annotated, Authorized, CallerOf, Prechecked, Prechecks, Requires};

impl<H, P, T> FromRequest for Authorized<H, P, T>
where
    H: Requires<P, T>,
    P: BeforeBody + 'static,
    T: 'static,
{
    type Error = Error;
    type Future = CheckFuture<Self>;

    fn from_request(request: &HttpRequest, payload: &mut Payload) -> CheckFuture<Self> {
        let check = Check {
            caller: H::CALLER,
            check: H::check,
            passed: |Passed {
                         parameters, permit, ..
                     }| Self::passed(parameters, permit),
        };
        check.extract::<H>(request, payload)
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
        let check = Check {
            caller: H::CALLER,
            check: H::precheck,
            passed: |passed: Passed<'_, P, ()>| {
                keep::<H, P>(
                    passed.caller,
                    passed.parameters,
                    passed.authorizer,
                    passed.request,
                );
                Self::passed()
            },
        };
        check.extract::<H>(request, payload)
    }
}

/// A check before the body, and the function that creates the extracted value after it has passed.
struct Check<P, T, O> {
    caller: Option<CallerOf<P>>,
    check: fn(&Guard<'_>, &P) -> Result<T, Denied>,
    passed: fn(Passed<'_, P, T>) -> O,
}

/// The result of a check that has passed.
struct Passed<'a, P, T> {
    request: &'a HttpRequest,
    authorizer: &'a Authorizer,
    caller: RequestCaller,
    parameters: P,
    permit: T,
}

impl<P, T, O> Check<P, T, O>
where
    P: BeforeBody + 'static,
    T: 'static,
    O: 'static,
{
    /// Extracts the parameters that the check of `H` reads, and runs the check.
    fn extract<H: Annotated>(self, request: &HttpRequest, payload: &mut Payload) -> CheckFuture<O> {
        // Reads the principal first, before any extractor of the application could change it.
        let asked = authorizer(request).and_then(|authorizer| {
            let unidentified = unidentified(&authorizer, request);
            unidentified.check_principal(self.caller, &authorizer)?;
            Ok((unidentified, authorizer))
        });
        let (unidentified, authorizer) = match asked {
            Ok(asked) => asked,
            Err(denied) => return CheckFuture::refused(payload, refuse::<H>(denied, None)),
        };
        let Some(parameters) = at_once(P::extract(request)) else {
            let again = request.clone();
            return CheckFuture::waiting(request, payload, Refusal::Ends, async move {
                let parameters = P::extract(&again).await;
                let (parameters, caller) =
                    self.identify::<H>(&again, &authorizer, unidentified, parameters)?;
                self.decide::<H>(again, authorizer, caller, parameters)
                    .await
            });
        };
        let identified = self.identify::<H>(request, &authorizer, unidentified, parameters);
        let (parameters, mut caller) = match identified {
            Ok(identified) => identified,
            Err(error) => return CheckFuture::refused(payload, error),
        };
        let outcome = caller.check_without_waiting(&authorizer, request.headers(), |guard| {
            (self.check)(guard, &parameters)
        });
        match outcome {
            Some(outcome) => {
                match self.conclude::<H>(request, &authorizer, caller, parameters, outcome) {
                    Ok(passed) => CheckFuture::made(Ok(passed)),
                    Err(error) => CheckFuture::refused(payload, error),
                }
            }
            None => {
                let decision = self.decide::<H>(request.clone(), authorizer, caller, parameters);
                CheckFuture::waiting(request, payload, Refusal::Ends, decision)
            }
        }
    }

    /// Returns the parameters and the caller, after the parameters are extracted.
    fn identify<H: Annotated>(
        &self,
        request: &HttpRequest,
        authorizer: &Authorizer,
        unidentified: Unidentified,
        parameters: Result<P, P::Error>,
    ) -> Result<(P, RequestCaller), Error> {
        let parameters = take::<H, P>(parameters, authorizer, unidentified.principal())?;
        let now = principal(request);
        let caller = unidentified
            .identified(self.caller, &parameters, now.as_ref(), authorizer)
            .map_err(|denied| refuse::<H>(denied, now.as_ref()))?;
        if self.caller.is_some() {
            let identified = IdentifiedCaller(caller.principal.clone());
            request.extensions_mut().insert(identified);
        }
        Ok((parameters, caller))
    }

    /// Decides with policies and keys that have to be waited for.
    async fn decide<H: Annotated>(
        self,
        request: HttpRequest,
        authorizer: Authorizer,
        mut caller: RequestCaller,
        parameters: P,
    ) -> Result<O, Error> {
        let check = caller.check_with_keys(&authorizer, request.headers(), |guard| {
            (self.check)(guard, &parameters)
        });
        let outcome = check.await;
        keep_tags(&caller, &request);
        self.conclude::<H>(&request, &authorizer, caller, parameters, outcome)
    }

    /// Converts the outcome of the check.
    fn conclude<H: Annotated>(
        self,
        request: &HttpRequest,
        authorizer: &Authorizer,
        caller: RequestCaller,
        parameters: P,
        outcome: Result<T, Denied>,
    ) -> Result<O, Error> {
        match outcome {
            Ok(permit) => Ok((self.passed)(Passed {
                request,
                authorizer,
                caller,
                parameters,
                permit,
            })),
            Err(denied) => Err(refuse::<H>(denied, Some(&caller.principal))),
        }
    }
}

/// Returns the parameters that the check of `H` reads, or an error response if they could not be extracted.
fn take<H: Annotated, P: FromRequest>(
    parameters: Result<P, P::Error>,
    authorizer: &Authorizer,
    principal: Option<&Principal>,
) -> Result<P, Error> {
    parameters.map_err(|error| {
        let error = error.into();
        // An unreadable path does not name a resource, and gets the same response as any other invalid id. Responses of
        // an extractor with another status are passed on, except the status 404 that `Path` uses by default.
        let is_path = error.as_error::<InternalError<value::Error>>().is_some();
        if is_path || error.as_response_error().status_code() == StatusCode::BAD_REQUEST {
            let denied = Denied::unreadable().for_authorizer(authorizer);
            refuse::<H>(denied, principal)
        } else {
            error
        }
    })
}
