//! Authentication: maps the bearer token of a request to the principal that the guard reads.

use actix_web::body::MessageBody;
use actix_web::dev::{ServiceRequest, ServiceResponse};
use actix_web::http::header::AUTHORIZATION;
use actix_web::middleware::Next;
use actix_web::{Error, HttpMessage as _, web};

use crate::callers::Callers;

/// Adds the caller's principal to the request's extensions.
///
/// Without a token, or with an unknown one, the request has no principal, and the guard of the handler responds 401. A
/// signed request has the principal of its access key already, and no token.
pub(crate) async fn authenticate<B: MessageBody>(
    callers: web::Data<Callers>,
    request: ServiceRequest,
    next: Next<B>,
) -> Result<ServiceResponse<B>, Error> {
    let authorization = request.headers().get_all(AUTHORIZATION);
    let caller = callers.authenticate(authorization.map(|value| value.as_bytes()));
    if let Some(principal) = caller.cloned() {
        request.extensions_mut().insert(principal);
    }
    next.call(request).await
}
