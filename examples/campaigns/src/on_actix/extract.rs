//! The parameters of handlers, as extractors of actix-web.

use std::future::{Future, Ready, ready};
use std::pin::Pin;

use actix_web::dev::Payload;
use actix_web::http::StatusCode;
use actix_web::{Error, FromRequest, HttpRequest, web};
use pinpoint_iam::web::actix::BeforeBody;
use serde::de::DeserializeOwned;

use crate::api::extract::{InQuery, JsonBody, Path};
use crate::body::parse;
use crate::error::ApiError;
use crate::prometheus::Prometheus;
use crate::query::FromQuery;
use crate::records::store::Store;

impl FromRequest for Store {
    type Error = ApiError;
    type Future = Ready<Result<Self, ApiError>>;

    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        let store = request.app_data().cloned();
        ready(store.ok_or_else(|| ApiError::internal("the application's data has no store")))
    }
}

impl FromRequest for Prometheus {
    type Error = ApiError;
    type Future = Ready<Result<Self, ApiError>>;

    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        let prometheus = request.app_data().cloned();
        let missing = || ApiError::internal("the application's data has no metrics");
        ready(prometheus.ok_or_else(missing))
    }
}

impl<T: DeserializeOwned> FromRequest for Path<T> {
    type Error = Error;
    type Future = Ready<Result<Self, Error>>;

    fn from_request(request: &HttpRequest, payload: &mut Payload) -> Self::Future {
        let path = web::Path::from_request(request, payload).into_inner();
        ready(path.map(|path: web::Path<T>| Self(path.into_inner())))
    }
}

impl<T: DeserializeOwned> BeforeBody for Path<T> {}

impl<T: FromQuery> FromRequest for InQuery<T> {
    type Error = ApiError;
    type Future = Ready<Result<Self, ApiError>>;

    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        let query = web::Query::<T::Parameters>::from_query(request.query_string());
        let value = query
            .map_err(|error| ApiError::bad_request(error.to_string()))
            .and_then(|query| T::from_query(query.into_inner()));
        ready(value.map(Self))
    }
}

impl<T: DeserializeOwned> FromRequest for JsonBody<T> {
    type Error = ApiError;
    type Future = Pin<Box<dyn Future<Output = Result<Self, ApiError>>>>;

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
