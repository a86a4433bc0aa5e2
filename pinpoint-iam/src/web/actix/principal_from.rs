//! Principals from an extractor of the application.

use actix_web::body::MessageBody;
use actix_web::dev::{ServiceRequest, ServiceResponse};
use actix_web::middleware::Next;
use actix_web::{Error, HttpMessage};

use super::BeforeBody;
use crate::principal::Principal;
use crate::web::Caller;

/// A middleware for [`from_fn`](actix_web::middleware::from_fn). It runs the extractor `E` without the body, and
/// inserts its [principal](Caller::principal) into the request's extensions.
///
/// ```
/// use std::future::{Ready, ready};
///
/// use actix_web::dev::Payload;
/// use actix_web::middleware::from_fn;
/// use actix_web::{App, FromRequest, HttpRequest, error};
/// use pinpoint_iam::Principal;
/// use pinpoint_iam::web::Caller;
/// use pinpoint_iam::web::actix::{BeforeBody, principal_from};
///
/// /// The application's own extractor.
/// struct User {
///     arn: String,
/// }
///
/// impl FromRequest for User {
///     type Error = actix_web::Error;
///     type Future = Ready<Result<Self, Self::Error>>;
///
///     fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
///         let header = request.headers().get("x-user").and_then(|value| value.to_str().ok());
///         let user = header.map(|arn| Self { arn: arn.to_owned() });
///         ready(user.ok_or_else(|| error::ErrorUnauthorized("who are you?")))
///     }
/// }
///
/// impl BeforeBody for User {}
///
/// impl Caller for User {
///     fn principal(&self) -> Option<Principal> {
///         Principal::from_arn(&self.arn).ok()
///     }
/// }
///
/// let app = App::new().wrap(from_fn(principal_from::<User, _>));
/// # drop(app);
/// ```
///
/// # Errors
///
/// Returns the errors of the extractor, and those of the wrapped service.
pub async fn principal_from<E, B>(
    request: ServiceRequest,
    next: Next<B>,
) -> Result<ServiceResponse<B>, Error>
where
    E: BeforeBody + Caller,
    B: MessageBody,
{
    // A previous principal does not come from this extractor, so it is removed even if the extractor finds no caller.
    request.extensions_mut().remove::<Principal>();
    let caller = E::extract(request.request()).await.map_err(Into::into)?;
    if let Some(principal) = caller.principal() {
        request.extensions_mut().insert(principal);
    }
    next.call(request).await
}
