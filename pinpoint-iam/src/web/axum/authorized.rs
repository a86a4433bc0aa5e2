//! The check before the body.

use axum::extract::FromRequestParts;
use axum::response::{IntoResponse, Response};
use http::request::Parts;

use super::HasAuthorizer;
use crate::denial::Denied;
use crate::web::adapter::{Check, Handover, Precheck};
use crate::web::{Authorized, Prechecked, Prechecks, Requires};

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
        let check = Check::<H, P, T>::new(self.authorizer(), parts);
        let check = check.map_err(IntoResponse::into_response)?;
        let parameters = P::from_request_parts(parts, self).await;
        let parameters =
            parameters.map_err(|rejection| respond(rejection, |s| check.rejected(s)))?;
        let decided = check.decide(parts, parameters).await;
        decided.map_err(IntoResponse::into_response)
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
        let check = Precheck::<H, P>::new(state.authorizer(), parts);
        let check = check.map_err(IntoResponse::into_response)?;
        let parameters = P::from_request_parts(parts, state).await;
        let parameters =
            parameters.map_err(|rejection| respond(rejection, |s| check.rejected(s)))?;
        let decided = check.decide(parts, parameters).await;
        let (prechecked, remainder) = decided.map_err(IntoResponse::into_response)?;
        parts.extensions.insert(Handover::new(remainder));
        Ok(prechecked)
    }
}

/// Returns the response if the parameters that a check reads cannot be extracted: a denial, or the extractor's own.
fn respond(rejection: impl IntoResponse, rejected: impl FnOnce(u16) -> Option<Denied>) -> Response {
    let response = rejection.into_response();
    match rejected(response.status().as_u16()) {
        Some(denied) => denied.into_response(),
        None => response,
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
