//! The responses of handlers, as responders of actix-web.
//!
//! Denials of the guard are created by `pinpoint-iam`, not here.

use actix_web::body::BoxBody;
use actix_web::http::StatusCode;
use actix_web::{HttpRequest, HttpResponse, Responder, ResponseError, web};
use serde::Serialize;

use crate::api::respond::{Created, Json, Text};
use crate::error::{ApiError, ErrorResponse};

impl<T: Serialize> Responder for Json<T> {
    type Body = <web::Json<T> as Responder>::Body;

    fn respond_to(self, request: &HttpRequest) -> HttpResponse<Self::Body> {
        web::Json(self.0).respond_to(request)
    }
}

impl<T: Serialize> Responder for Created<T> {
    type Body = <web::Json<T> as Responder>::Body;

    fn respond_to(self, request: &HttpRequest) -> HttpResponse<Self::Body> {
        (web::Json(self.0), StatusCode::CREATED).respond_to(request)
    }
}

impl Responder for Text {
    type Body = <String as Responder>::Body;

    fn respond_to(self, request: &HttpRequest) -> HttpResponse<Self::Body> {
        self.0.respond_to(request)
    }
}

impl ResponseError for ApiError {
    fn error_response(&self) -> HttpResponse<BoxBody> {
        let ErrorResponse {
            status,
            headers,
            body,
        } = self.response();
        let status = StatusCode::from_u16(status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
        let mut response = HttpResponse::build(status);
        for header in headers {
            response.insert_header(header);
        }
        response.body(body)
    }
}
