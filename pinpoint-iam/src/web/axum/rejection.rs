//! Responses to requests that were rejected or denied.

use axum::body::Body;
use axum::response::{IntoResponse, Response};
use http::{HeaderName, HeaderValue, StatusCode};

use crate::denial::{Denied, Rejection};

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
