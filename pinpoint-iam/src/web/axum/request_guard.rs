//! The guard of a request as an extractor.

use axum::extract::FromRequestParts;
use axum::response::{IntoResponse, Response};
use http::request::Parts;

use super::{HasAuthorizer, caller};
use crate::web::RequestGuard;

impl<S: HasAuthorizer + Send + Sync> FromRequestParts<S> for RequestGuard {
    type Rejection = Response;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Response> {
        let authorizer = state.authorizer();
        let mut caller = caller(&authorizer, parts).map_err(IntoResponse::into_response)?;
        caller.load_policies(&authorizer).await;
        let caller = caller.after_body(&authorizer, &parts.headers);
        Ok(Self::new(authorizer, caller))
    }
}
