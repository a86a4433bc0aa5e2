//! Responses to requests that were rejected or denied.

use axum::response::{IntoResponse, Response};

use crate::denial::{Denied, Rejection};
use crate::web::response::response;

impl IntoResponse for Rejection {
    fn into_response(self) -> Response {
        response(self)
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
