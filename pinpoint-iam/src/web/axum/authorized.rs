//! The check before the body.

use axum::extract::FromRequestParts;
use axum::response::{IntoResponse, Response};
use http::StatusCode;
use http::request::Parts;

use super::rejection::{log_failed_extractor, refuse};
use super::{HasAuthorizer, keep, keep_tags, unidentified};
use crate::authorizer::Authorizer;
use crate::denial::Denied;
use crate::guard::Guard;
use crate::principal::Principal;
use crate::web::caller::{IdentifiedCaller, RequestCaller};
use crate::web::{Annotated, Authorized, CallerOf, Prechecked, Prechecks, Requires};

impl<S, H, P, T> FromRequestParts<S> for Authorized<H, P, T>
where
    S: CanCheck<H, P, T>,
{
    type Rejection = Response;

    fn from_request_parts(
        parts: &mut Parts,
        state: &S,
    ) -> impl Future<Output = Result<Self, Response>> + Send {
        state.admit(parts)
    }
}

/// A state of a router for which the check of the handler `H` can run.
// This bound is separate to reduce compile time. The state of a router is not known until its end. Until then, the
// compiler revisits every bound that depends on it: here one bound for each handler, from which all others follow.
pub trait CanCheck<H, P, T> {
    /// Runs the check.
    fn admit(
        &self,
        parts: &mut Parts,
    ) -> impl Future<Output = Result<Authorized<H, P, T>, Response>> + Send;
}

impl<S, H, P, T> CanCheck<H, P, T> for S
where
    S: HasAuthorizer + Send + Sync,
    H: Requires<P, T>,
    P: BeforeBody<S> + Send + Sync,
    T: Send,
{
    async fn admit(&self, parts: &mut Parts) -> Result<Authorized<H, P, T>, Response> {
        let authorizer = self.authorizer();
        let (parameters, permit, caller) =
            check::<H, P, T, S>(parts, self, &authorizer, H::CALLER, H::check).await?;
        keep_tags(&caller, parts);
        Ok(Authorized::passed(parameters, permit))
    }
}

/// The first half of a check that continues after the body.
impl<S, H, P> FromRequestParts<S> for Prechecked<H, P>
where
    S: HasAuthorizer + Send + Sync,
    H: Prechecks<P>,
    P: BeforeBody<S> + Send + Sync + 'static,
{
    type Rejection = Response;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Response> {
        let authorizer = state.authorizer();
        let (parameters, (), caller) =
            check::<H, P, (), S>(parts, state, &authorizer, H::CALLER, H::precheck).await?;
        keep_tags(&caller, parts);
        keep::<H, P>(caller, parameters, &authorizer, parts);
        Ok(Self::passed())
    }
}

/// Extracts the parameters that the check of `H` reads, and runs the check.
async fn check<H, P, T, S>(
    parts: &mut Parts,
    state: &S,
    authorizer: &Authorizer,
    from: Option<CallerOf<P>>,
    check: fn(&Guard<'_>, &P) -> Result<T, Denied>,
) -> Result<(P, T, RequestCaller), Response>
where
    S: Send + Sync,
    H: Annotated,
    P: BeforeBody<S> + Send + Sync,
    T: Send,
{
    // Reads the principal first, before any extractor of the application could change it.
    let unidentified = unidentified(authorizer, parts);
    unidentified
        .check_principal(from, authorizer)
        .map_err(|denied| refuse::<H>(&denied, unidentified.principal()))?;
    let parameters = take::<H, P, S>(parts, state, authorizer, unidentified.principal()).await?;
    let now = parts.extensions.get::<Principal>();
    let mut caller = unidentified
        .identified(from, &parameters, now, authorizer)
        .map_err(|denied| refuse::<H>(&denied, now))?;
    if from.is_some() {
        let identified = IdentifiedCaller(caller.principal.clone());
        parts.extensions.insert(identified);
    }
    let check = |guard: &Guard<'_>| check(guard, &parameters);
    match caller
        .check_with_keys(authorizer, &parts.headers, check)
        .await
    {
        Ok(permit) => Ok((parameters, permit, caller)),
        Err(denied) => Err(refuse::<H>(&denied, Some(&caller.principal))),
    }
}

/// Parameters that can be extracted before the body is read.
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot be taken before the body is read",
    label = "the check of the action needs this parameter",
    note = "take the ids of the resource from the path, the query or a header"
)]
pub trait BeforeBody<S>: FromRequestParts<S> {}

#[diagnostic::do_not_recommend]
impl<S, P: FromRequestParts<S>> BeforeBody<S> for P {}

/// Extracts the parameters that the check of `H` reads.
async fn take<H: Annotated, P: FromRequestParts<S>, S: Send + Sync>(
    parts: &mut Parts,
    state: &S,
    authorizer: &Authorizer,
    principal: Option<&Principal>,
) -> Result<P, Response> {
    P::from_request_parts(parts, state)
        .await
        .map_err(|rejection| {
            let response = rejection.into_response();
            // An unreadable path, for example one that is not UTF-8, does not name a resource. It gets the same
            // response as any other invalid id. Responses of an extractor with another status are passed on.
            if response.status() == StatusCode::BAD_REQUEST {
                refuse::<H>(&Denied::unreadable().for_authorizer(authorizer), principal)
            } else {
                log_failed_extractor::<H>(response.status());
                response
            }
        })
}
