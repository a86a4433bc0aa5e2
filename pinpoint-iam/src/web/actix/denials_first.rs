//! Answering a refusal before anything else.

use actix_web::Error;
use actix_web::body::{EitherBody, MessageBody};
use actix_web::dev::{ServiceRequest, ServiceResponse};
use actix_web::middleware::Next;

use super::decision::DecisionStore;

/// A middleware for [`from_fn`](actix_web::middleware::from_fn): where the parameters of a handler cannot be taken while
/// its check waits for tags of a resource, the check is waited for, and a refusal is the answer.
///
/// # Errors
///
/// Those of the service behind it.
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
