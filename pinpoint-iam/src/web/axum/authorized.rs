//! The check before the body.

use axum::extract::FromRequestParts;
use axum::response::{IntoResponse, Response};
use http::StatusCode;
use http::request::Parts;

use super::rejection::refuse;
use super::{HasAuthorizer, caller, keep, keep_tags};
use crate::authorizer::Authorizer;
use crate::guard::{Denied, Guard};
use crate::principal::Principal;
use crate::web::caller::Caller;
use crate::web::{Annotated, Authorized, Prechecked, Prechecks, Requires};

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

/// A router's state with which the check of the handler `H` can be made.
// A bound of its own. While the compiler does not know the state, which is at a router's end, it looks again and again at
// all that waits for it; here that is one bound for each handler, and all others follow from it.
pub trait CanCheck<H, P, T> {
    /// Makes the check.
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
            check::<H, P, T, S>(parts, self, &authorizer, H::check).await?;
        keep_tags(&caller, parts);
        Ok(Authorized::passed(parameters, permit))
    }
}

/// The first half of a check that is finished after the body.
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
            check::<H, P, (), S>(parts, state, &authorizer, H::precheck).await?;
        keep_tags(&caller, parts);
        keep::<H, P>(caller, parameters, &authorizer, parts);
        Ok(Self::passed())
    }
}

/// Takes the parameters that the check of `H` looks at, and makes the check.
async fn check<H, P, T, S>(
    parts: &mut Parts,
    state: &S,
    authorizer: &Authorizer,
    check: fn(&Guard<'_>, &P) -> Result<T, Denied>,
) -> Result<(P, T, Caller), Response>
where
    S: Send + Sync,
    H: Annotated,
    P: BeforeBody<S> + Send + Sync,
    T: Send,
{
    // Who asks is read first: no extractor of the application has run, and none can change it for the check.
    let mut caller = caller(authorizer, parts).map_err(|denied| refuse::<H>(&denied, None))?;
    let parameters = take::<H, P, S>(parts, state, authorizer, &caller.principal).await?;
    let check = |guard: &Guard<'_>| check(guard, &parameters);
    match caller
        .check_with_tags(authorizer, &parts.headers, check)
        .await
    {
        Ok(permit) => Ok((parameters, permit, caller)),
        Err(denied) => Err(refuse::<H>(&denied, Some(&caller.principal))),
    }
}

/// Parameters that can be taken before the body is read.
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot be taken before the body is read",
    label = "binds a placeholder of the action's ARN",
    note = "take what names the resource from the path, the query or a header"
)]
pub trait BeforeBody<S>: FromRequestParts<S> {}

#[diagnostic::do_not_recommend]
impl<S, P: FromRequestParts<S>> BeforeBody<S> for P {}

/// Takes the parameters that the check of `H` looks at.
async fn take<H: Annotated, P: FromRequestParts<S>, S: Send + Sync>(
    parts: &mut Parts,
    state: &S,
    authorizer: &Authorizer,
    principal: &Principal,
) -> Result<P, Response> {
    P::from_request_parts(parts, state)
        .await
        .map_err(|rejection| {
            let response = rejection.into_response();
            // A path that is not UTF-8, say, names no resource: the answer is that of any other unusable id. What an
            // extractor refuses with another status is its own affair.
            if response.status() == StatusCode::BAD_REQUEST {
                refuse::<H>(
                    &Denied::unreadable().for_authorizer(authorizer),
                    Some(principal),
                )
            } else {
                response
            }
        })
}
