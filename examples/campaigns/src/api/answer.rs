//! What callers are told when a request does not succeed, in the shape that AWS clients read.
//!
//! The header `x-amzn-ErrorType` names the exception; the body is `{"Message", "RequestID"}`. Denials of the guard are
//! not made here: they come from `pinpoint-iam`.

use std::fmt;

use axum::Json;
use axum::http::StatusCode;
use axum::http::header::HeaderName;
use axum::response::{IntoResponse, Response};
use serde::Serialize;

use crate::identifier::request_id;

/// Names the exception for AWS clients.
pub(crate) const ERROR_TYPE: HeaderName = HeaderName::from_static("x-amzn-errortype");

/// Names the request, in every answer.
pub(crate) const REQUEST_ID: HeaderName = HeaderName::from_static("x-amzn-requestid");

/// A request that does not succeed.
#[derive(Debug)]
pub(crate) struct ApiError {
    status: StatusCode,
    exception: &'static str,
    message: String,
}

impl ApiError {
    /// The request is malformed, or asks for something that cannot be.
    pub(crate) fn bad_request(message: impl Into<String>) -> Self {
        Self::new(StatusCode::BAD_REQUEST, "BadRequestException", message)
    }

    /// There is no such record.
    pub(crate) fn not_found(kind: &str, parent: &str, id: &str) -> Self {
        let message = if parent.is_empty() {
            format!("{kind} `{id}` does not exist")
        } else {
            format!("{kind} `{id}` does not exist in application `{parent}`")
        };
        Self::new(StatusCode::NOT_FOUND, "NotFoundException", message)
    }

    /// There is no such path.
    pub(crate) fn no_such_path() -> Self {
        Self::new(
            StatusCode::NOT_FOUND,
            "NotFoundException",
            "this path is not served",
        )
    }

    /// The path is served, but not with this method.
    pub(crate) fn method_not_allowed() -> Self {
        Self::new(
            StatusCode::METHOD_NOT_ALLOWED,
            "MethodNotAllowedException",
            "this path is not served with this method",
        )
    }

    /// The body is longer than the service takes.
    pub(crate) fn payload_too_large(limit: usize) -> Self {
        Self::new(
            StatusCode::PAYLOAD_TOO_LARGE,
            "PayloadTooLargeException",
            format!("the body is longer than {limit} bytes"),
        )
    }

    /// The service is at fault. The reason is logged; the caller is not told.
    pub(crate) fn internal(reason: impl fmt::Display) -> Self {
        tracing::error!(%reason, "a request failed");
        Self::new(
            StatusCode::INTERNAL_SERVER_ERROR,
            "InternalServerErrorException",
            "the service failed",
        )
    }

    fn new(status: StatusCode, exception: &'static str, message: impl Into<String>) -> Self {
        Self {
            status,
            exception,
            message: message.into(),
        }
    }
}

impl fmt::Display for ApiError {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.message)
    }
}

/// The body of an error.
#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
struct ErrorBody<'a> {
    message: &'a str,
    #[serde(rename = "RequestID")]
    request_id: &'a str,
}

impl IntoResponse for ApiError {
    fn into_response(self) -> Response {
        let request_id = request_id();
        let body = Json(ErrorBody {
            message: &self.message,
            request_id: &request_id,
        });
        let headers = [
            (ERROR_TYPE, self.exception),
            (REQUEST_ID, request_id.as_str()),
        ];
        (self.status, headers, body).into_response()
    }
}
