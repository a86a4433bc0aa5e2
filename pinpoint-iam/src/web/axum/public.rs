//! The first parameter of a generic public handler.

use std::convert::Infallible;

use axum::extract::FromRequestParts;
use http::request::Parts;

use crate::web::{Public, PublicHandler};

impl<S: Send + Sync, H: PublicHandler> FromRequestParts<S> for Public<H> {
    type Rejection = Infallible;

    async fn from_request_parts(_: &mut Parts, _: &S) -> Result<Self, Infallible> {
        Ok(Self::new())
    }
}
