//! Responses to requests that were rejected or denied.

use actix_web::body::BoxBody;
use actix_web::http::StatusCode;
use actix_web::http::header::{HeaderName, HeaderValue};
use actix_web::{Error, HttpRequest, HttpResponse, Responder, ResponseError};

use crate::denial::Denied;
use crate::web::caller::log_refusal;
use crate::web::{Annotated, Rejection};

/// Logs that the handler `H` was not run, and returns the error response.
pub(super) fn refuse<H: Annotated>(denied: Denied) -> Error {
    log_refusal::<H>(&denied, None);
    denied.into()
}

fn status(rejection: &Rejection) -> StatusCode {
    StatusCode::from_u16(rejection.status()).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR)
}

fn response(rejection: Rejection) -> HttpResponse<BoxBody> {
    // The response contains only what the rejection contains. A header added by the framework would distinguish it from
    // the service's own responses.
    let mut response = HttpResponse::new(status(&rejection));
    for (name, value) in rejection.headers() {
        if let (Ok(name), Ok(value)) = (
            HeaderName::from_bytes(name.as_bytes()),
            HeaderValue::from_str(value),
        ) {
            response.headers_mut().append(name, value);
        }
    }
    response.set_body(BoxBody::new(rejection.into_body()))
}

impl Responder for Rejection {
    type Body = BoxBody;

    fn respond_to(self, _: &HttpRequest) -> HttpResponse<BoxBody> {
        response(self)
    }
}

/// Responds with [`Denied::rejection`].
impl ResponseError for Denied {
    fn status_code(&self) -> StatusCode {
        status(&self.rejection())
    }

    fn error_response(&self) -> HttpResponse<BoxBody> {
        response(self.rejection())
    }
}

/// Responds with [`Denied::rejection`].
impl Responder for Denied {
    type Body = BoxBody;

    fn respond_to(self, _: &HttpRequest) -> HttpResponse<BoxBody> {
        self.error_response()
    }
}
