//! Responds with a denial before any other error.

use actix_web::Error;
use actix_web::body::{EitherBody, MessageBody};
use actix_web::dev::{ServiceRequest, ServiceResponse};
use actix_web::middleware::Next;

use super::decision::DecisionStore;

/// A middleware for [`from_fn`](actix_web::middleware::from_fn). If the parameters of a handler cannot be extracted
/// while its check waits for tags of a resource, the middleware waits for the check, and responds with a denial if
/// there is one.
///
/// # Errors
///
/// Returns the errors of the wrapped service.
pub async fn denials_first<B: MessageBody>(
    request: ServiceRequest,
    next: Next<B>,
) -> Result<ServiceResponse<EitherBody<B>>, Error> {
    let keeper = DecisionStore::install(request.request());
    let response = next.call(request).await?;
    Ok(match keeper.refusal().await {
        Some(refusal) => response.error_response(refusal).map_into_right_body(),
        None => response.map_into_left_body(),
    })
}
