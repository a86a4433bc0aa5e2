//! Responses to requests that were rejected or denied.

use axum::body::Body;
use axum::response::{IntoResponse, Response};
use http::{HeaderName, HeaderValue, StatusCode};

use crate::denial::Denied;
use crate::principal::Principal;
use crate::web::caller::log_refusal;
use crate::web::{Annotated, Rejection};

/// Logs that the handler `H` was not run, and returns the error response.
pub(super) fn refuse<H: Annotated>(denied: &Denied, principal: Option<&Principal>) -> Response {
    log_refusal::<H>(denied, principal);
    denied.into_response()
}

/// Logs that an extractor which the check of `H` needs has responded with a server error, as `Path` does if the route has
/// other placeholders. The response is the extractor's own.
pub(super) fn log_failed_extractor<H: Annotated>(status: StatusCode) {
    if status.is_server_error() {
        tracing::error!(
            handler = H::declaration().handler,
            status = status.as_u16(),
            "request denied: an extractor that the check needs failed; if it is `Path`, mount the check only on routes with \
             its placeholders"
        );
    }
}

impl IntoResponse for Rejection {
    fn into_response(self) -> Response {
        // The response contains only what the rejection contains. A header added by the framework would distinguish it
        // from the service's own responses.
        let mut response = Response::new(Body::empty());
        *response.status_mut() =
            StatusCode::from_u16(self.status()).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
        for (name, value) in self.headers() {
            if let (Ok(name), Ok(value)) = (
                HeaderName::from_bytes(name.as_bytes()),
                HeaderValue::from_str(value),
            ) {
                response.headers_mut().append(name, value);
            }
        }
        *response.body_mut() = Body::from(self.into_body());
        response
    }
}

/// Responds with [`Denied::rejection`].
impl IntoResponse for &Denied {
    fn into_response(self) -> Response {
        self.rejection().into_response()
    }
}

/// Responds with [`Denied::rejection`].
impl IntoResponse for Denied {
    fn into_response(self) -> Response {
        (&self).into_response()
    }
}
