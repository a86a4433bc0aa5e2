//! The parameters of handlers, as extractors of axum.

use std::convert::Infallible;

use axum::body::Bytes;
use axum::extract::rejection::{BytesRejection, PathRejection};
use axum::extract::{self, FromRequest, FromRequestParts, Query, Request};
use axum::http::StatusCode;
use axum::http::request::Parts;
use serde::de::DeserializeOwned;

use super::AppState;
use crate::api::extract::{InQuery, JsonBody, Path};
use crate::body::parse;
use crate::error::ApiError;
use crate::prometheus::Prometheus;
use crate::query::FromQuery;
use crate::records::store::Store;

impl FromRequestParts<AppState> for Store {
    type Rejection = Infallible;

    async fn from_request_parts(_: &mut Parts, state: &AppState) -> Result<Self, Infallible> {
        Ok(state.store.clone())
    }
}

impl FromRequestParts<AppState> for Prometheus {
    type Rejection = Infallible;

    async fn from_request_parts(_: &mut Parts, state: &AppState) -> Result<Self, Infallible> {
        Ok(state.prometheus.clone())
    }
}

impl<S: Send + Sync, T: DeserializeOwned + Send> FromRequestParts<S> for Path<T> {
    type Rejection = PathRejection;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, PathRejection> {
        let extract::Path(parameters) = extract::Path::from_request_parts(parts, state).await?;
        Ok(Self(parameters))
    }
}

impl<S: Send + Sync, T: FromQuery> FromRequestParts<S> for InQuery<T> {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, ApiError> {
        let Query(parameters) = Query::try_from_uri(&parts.uri)
            .map_err(|error| ApiError::bad_request(error.body_text()))?;
        Ok(Self(T::from_query(parameters)?))
    }
}

impl<S: Send + Sync, T: DeserializeOwned> FromRequest<S> for JsonBody<T> {
    type Rejection = ApiError;

    async fn from_request(request: Request, state: &S) -> Result<Self, ApiError> {
        let bytes = Bytes::from_request(request, state)
            .await
            .map_err(unreadable)?;
        Ok(Self(parse(&bytes)?))
    }
}

fn unreadable(rejection: BytesRejection) -> ApiError {
    if rejection.status() == StatusCode::PAYLOAD_TOO_LARGE {
        ApiError::payload_too_large()
    } else {
        ApiError::bad_request(rejection.body_text())
    }
}
