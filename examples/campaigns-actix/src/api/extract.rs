//! Extractors of handlers.

use std::future::{Future, Ready, ready};
use std::pin::Pin;

use actix_web::dev::Payload;
use actix_web::http::StatusCode;
use actix_web::{Error, FromRequest, HttpRequest, web};
use campaigns_core::answer::ApiError;
use campaigns_core::body::parse;
use campaigns_core::query::FromQuery;
use serde::de::DeserializeOwned;

use super::answer::Failure;

/// A JSON object. The request's content type is ignored.
///
/// In every handler it comes after the guard, so a denied caller never learns what is wrong with a body.
#[derive(Debug)]
pub(crate) struct JsonBody<T>(pub(crate) T);

impl<T: DeserializeOwned> FromRequest for JsonBody<T> {
    type Error = Failure;
    type Future = Pin<Box<dyn Future<Output = Result<Self, Failure>>>>;

    fn from_request(request: &HttpRequest, payload: &mut Payload) -> Self::Future {
        let bytes = web::Bytes::from_request(request, payload);
        Box::pin(async move {
            let bytes = bytes.await.map_err(|error| unreadable(&error))?;
            Ok(Self(parse(&bytes)?))
        })
    }
}

fn unreadable(error: &Error) -> ApiError {
    if error.as_response_error().status_code() == StatusCode::PAYLOAD_TOO_LARGE {
        ApiError::payload_too_large()
    } else {
        ApiError::bad_request(error.to_string())
    }
}

/// The parsed query parameters.
#[derive(Debug)]
pub(crate) struct InQuery<T>(pub(crate) T);

impl<T: FromQuery> FromRequest for InQuery<T> {
    type Error = Failure;
    type Future = Ready<Result<Self, Failure>>;

    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        let query = web::Query::<T::Parameters>::from_query(request.query_string());
        let value = query
            .map_err(|error| ApiError::bad_request(error.to_string()))
            .and_then(|query| T::from_query(query.into_inner()));
        ready(value.map(Self).map_err(Failure))
    }
}
