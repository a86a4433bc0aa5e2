//! The check before the body.

use actix_web::dev::Payload;
use actix_web::error::InternalError;
use actix_web::http::StatusCode;
use actix_web::{Error, FromRequest, HttpRequest};
use serde::de::value;

use super::before_body::BeforeBody;
use super::decision::{Extraction, Refusal, at_once};
use super::rejection::refuse;
use super::{authorizer, caller, keep, keep_tags};
use crate::authorizer::Authorizer;
use crate::guard::Denied;
use crate::principal::Principal;
use crate::web::caller::Caller;
use crate::web::{Annotated, Authorized, Requires};

impl<H, P, T> FromRequest for Authorized<H, P, T>
where
    H: Requires<P, T>,
    P: BeforeBody + 'static,
    T: 'static,
{
    type Error = Error;
    type Future = Extraction<Self>;

    fn from_request(request: &HttpRequest, payload: &mut Payload) -> Extraction<Self> {
        let asked = authorizer(request)
            .and_then(|authorizer| Ok((caller(&authorizer, request)?, authorizer)));
        let (caller, authorizer) = match asked {
            Ok(asked) => asked,
            Err(denied) => return Extraction::refused(payload, refuse::<H>(denied, None)),
        };
        let Some(parameters) = at_once(P::extract(request)) else {
            let again = request.clone();
            return Extraction::waiting(request, payload, Refusal::Ends, async move {
                let parameters = P::extract(&again).await;
                let parameters = take::<H, P>(parameters, &authorizer, &caller.principal)?;
                decide(again, authorizer, caller, parameters).await
            });
        };
        let parameters = match take::<H, P>(parameters, &authorizer, &caller.principal) {
            Ok(parameters) => parameters,
            Err(error) => return Extraction::refused(payload, error),
        };
        let outcome = caller.settle_at_once(&authorizer, request.headers(), |guard| {
            H::check(guard, &parameters)
        });
        match outcome {
            Some(outcome) => match conclude(request, &authorizer, caller, outcome) {
                Ok(authorized) => Extraction::made(Ok(authorized)),
                Err(error) => Extraction::refused(payload, error),
            },
            None => {
                let decision = decide(request.clone(), authorizer, caller, parameters);
                Extraction::waiting(request, payload, Refusal::Ends, decision)
            }
        }
    }
}

/// Decides with tags that have to be waited for.
async fn decide<H: Requires<P, T>, P, T>(
    request: HttpRequest,
    authorizer: Authorizer,
    mut caller: Caller,
    parameters: P,
) -> Result<Authorized<H, P, T>, Error> {
    let check = caller.settle(&authorizer, request.headers(), |guard| {
        H::check(guard, &parameters)
    });
    let outcome = check.await;
    keep_tags(&caller, &request);
    conclude(&request, &authorizer, caller, outcome)
}

/// What follows from the outcome of the check.
fn conclude<H: Requires<P, T>, P, T>(
    request: &HttpRequest,
    authorizer: &Authorizer,
    caller: Caller,
    outcome: Result<T, Denied>,
) -> Result<Authorized<H, P, T>, Error> {
    match outcome {
        Ok(permit) => {
            if H::declaration().finishes_after_body() {
                keep(caller, authorizer, request);
            }
            Ok(Authorized::passed(permit))
        }
        Err(denied) => Err(refuse::<H>(denied, Some(&caller.principal))),
    }
}

/// The parameters that the check of `H` looks at, or the answer where they could not be taken.
pub(super) fn take<H: Annotated, P: FromRequest>(
    parameters: Result<P, P::Error>,
    authorizer: &Authorizer,
    principal: &Principal,
) -> Result<P, Error> {
    parameters.map_err(|error| {
        let error = error.into();
        // What cannot be read names no resource: the answer is that of any other unusable id. What an extractor refuses
        // with another status is its own affair; but `Path` has the status 404 by default.
        let is_path = error.as_error::<InternalError<value::Error>>().is_some();
        if is_path || error.as_response_error().status_code() == StatusCode::BAD_REQUEST {
            let denied = Denied::unreadable().answered_by(authorizer);
            refuse::<H>(denied, Some(principal))
        } else {
            error
        }
    })
}
