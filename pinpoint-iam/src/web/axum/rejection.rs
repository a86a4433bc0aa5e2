//! Answers to requests that were not let through.

use axum::response::{IntoResponse, Response};
use http::header::CONTENT_TYPE;
use http::{HeaderName, HeaderValue, StatusCode};

use crate::guard::Denied;
use crate::principal::Principal;
use crate::web::caller::log_refusal;
use crate::web::{Annotated, Rejection};

/// Logs that the handler `H` was not reached, and answers the request.
pub(super) fn refuse<H: Annotated>(denied: &Denied, principal: Option<&Principal>) -> Response {
    log_refusal::<H>(denied, principal);
    denied.into_response()
}

impl IntoResponse for &Denied {
    fn into_response(self) -> Response {
        let rejection = Rejection::of(self);
        let status = StatusCode::from_u16(rejection.status()).unwrap_or(StatusCode::FORBIDDEN);
        let headers = [
            (CONTENT_TYPE, HeaderValue::from_static("application/json")),
            (
                HeaderName::from_static(Rejection::ERROR_TYPE_HEADER),
                HeaderValue::from_static(rejection.error_type()),
            ),
        ];
        (status, headers, rejection.body()).into_response()
    }
}

impl IntoResponse for Denied {
    fn into_response(self) -> Response {
        (&self).into_response()
    }
}
