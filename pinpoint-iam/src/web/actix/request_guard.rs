//! The guard of a request as an extractor.

use std::future::Future;
use std::pin::Pin;

use actix_web::dev::Payload;
use actix_web::{Error, FromRequest, HttpRequest};

use super::decision::wait_for_decision;
use super::{BeforeBody, authorizer};
use crate::web::RequestGuard;
use crate::web::adapter::request_guard;

impl FromRequest for RequestGuard {
    type Error = Error;
    type Future = Pin<Box<dyn Future<Output = Result<Self, Error>>>>;

    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        let mut request = request.clone();
        Box::pin(async move {
            // A check that waits for tags passes them on to this guard.
            wait_for_decision(&request).await;
            let authorizer = authorizer(&request)?;
            Ok(request_guard(authorizer, &mut request).await?)
        })
    }
}

impl BeforeBody for RequestGuard {}
