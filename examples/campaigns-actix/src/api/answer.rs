//! Errors sent to callers.
//!
//! Denials of the guard are created by `pinpoint-iam`, not here.

use std::fmt;

use actix_web::body::BoxBody;
use actix_web::http::StatusCode;
use actix_web::{HttpResponse, ResponseError};
use campaigns_core::answer::{ApiError, ErrorAnswer};

/// A request that failed.
#[derive(Debug)]
pub(crate) struct Failure(pub(crate) ApiError);

impl From<ApiError> for Failure {
    fn from(error: ApiError) -> Self {
        Self(error)
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(formatter)
    }
}

impl ResponseError for Failure {
    fn error_response(&self) -> HttpResponse<BoxBody> {
        let ErrorAnswer {
            status,
            headers,
            body,
        } = self.0.answer();
        let status = StatusCode::from_u16(status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
        let mut response = HttpResponse::build(status);
        for header in headers {
            response.insert_header(header);
        }
        response.body(body)
    }
}
