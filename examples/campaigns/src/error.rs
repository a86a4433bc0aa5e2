//! Errors sent to callers, in the format that AWS clients read.
//!
//! The header `x-amzn-ErrorType` names the exception; the body is `{"Message", "RequestID"}`. Denials of the guard are
//! created by `pinpoint-iam`, not here.

use std::fmt;

use serde::Serialize;

use crate::body::MAX_BODY_LENGTH;
use crate::identifier::request_id;

/// The header that names the exception for AWS clients.
const ERROR_TYPE: &str = "x-amzn-errortype";

/// The header with the request id, which is in every response.
pub(crate) const REQUEST_ID: &str = "x-amzn-requestid";

/// A request that failed.
#[derive(Debug)]
pub(crate) struct ApiError {
    status: u16,
    exception: &'static str,
    message: String,
}

impl ApiError {
    /// The request is malformed, or asks for something impossible.
    pub(crate) fn bad_request(message: impl Into<String>) -> Self {
        Self::new(400, "BadRequestException", message)
    }

    /// The record does not exist.
    pub(crate) fn not_found(kind: &str, parent: &str, id: &str) -> Self {
        let message = if parent.is_empty() {
            format!("{kind} `{id}` does not exist")
        } else {
            format!("{kind} `{id}` does not exist in application `{parent}`")
        };
        Self::new(404, "NotFoundException", message)
    }

    /// The path is not served.
    pub(crate) fn no_such_path() -> Self {
        Self::new(404, "NotFoundException", "this path is not served")
    }

    /// The path is served, but not with this method.
    pub(crate) fn method_not_allowed() -> Self {
        Self::new(
            405,
            "MethodNotAllowedException",
            "this path is not served with this method",
        )
    }

    /// The body is longer than the service accepts.
    pub(crate) fn payload_too_large() -> Self {
        Self::new(
            413,
            "PayloadTooLargeException",
            format!("the body is longer than {MAX_BODY_LENGTH} bytes"),
        )
    }

    /// An internal error. The reason is logged but not sent to the caller.
    pub(crate) fn internal(reason: impl fmt::Display) -> Self {
        tracing::error!(%reason, "a request failed");
        Self::new(500, "InternalServerErrorException", "the service failed")
    }

    fn new(status: u16, exception: &'static str, message: impl Into<String>) -> Self {
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

/// An error in the form in which it is sent.
#[derive(Debug)]
pub(crate) struct ErrorResponse {
    /// The HTTP status.
    pub(crate) status: u16,
    /// Header names in lower case, and values.
    pub(crate) headers: [(&'static str, String); 3],
    /// JSON.
    pub(crate) body: Vec<u8>,
}

impl ApiError {
    /// Returns the error in the form in which it is sent, with its own request id.
    pub(crate) fn response(&self) -> ErrorResponse {
        let request_id = request_id();
        let body = ErrorBody {
            message: &self.message,
            request_id: &request_id,
        };
        ErrorResponse {
            status: self.status,
            // Serializing two strings cannot fail.
            body: serde_json::to_vec(&body).unwrap_or_default(),
            headers: [
                ("content-type", "application/json".to_owned()),
                (ERROR_TYPE, self.exception.to_owned()),
                (REQUEST_ID, request_id),
            ],
        }
    }
}
