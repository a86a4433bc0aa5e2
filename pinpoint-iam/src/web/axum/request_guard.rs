//! The guard of a request as an extractor.

use axum::extract::FromRequestParts;
use axum::response::{IntoResponse, Response};
use http::request::Parts;

use super::HasAuthorizer;
use crate::web::RequestGuard;
use crate::web::adapter::request_guard;

impl<S: HasAuthorizer + Send + Sync> FromRequestParts<S> for RequestGuard {
    type Rejection = Response;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Response> {
        let guard = request_guard(state.authorizer(), parts).await;
        guard.map_err(IntoResponse::into_response)
    }
}
