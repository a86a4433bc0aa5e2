//! One line in the log for each request.

use actix_web::Error;
use actix_web::body::MessageBody;
use actix_web::dev::{ServiceRequest, ServiceResponse};
use actix_web::http::header::{HeaderName, HeaderValue};
use actix_web::middleware::Next;

use crate::error::REQUEST_ID;
use crate::identifier::request_id;

/// Adds a request id to every response and logs the request with it.
pub(crate) async fn log<B: MessageBody>(
    request: ServiceRequest,
    next: Next<B>,
) -> Result<ServiceResponse<B>, Error> {
    let method = request.method().clone();
    let path = request.path().to_owned();
    let mut response = next.call(request).await?;
    if !response.headers().contains_key(REQUEST_ID)
        && let Ok(id) = HeaderValue::try_from(request_id())
    {
        let name = HeaderName::from_static(REQUEST_ID);
        response.headers_mut().insert(name, id);
    }
    let status = response.status().as_u16();
    let id = response
        .headers()
        .get(REQUEST_ID)
        .and_then(|id| id.to_str().ok())
        .unwrap_or_default();
    tracing::info!(id, %method, path, status, "answered");
    Ok(response)
}
