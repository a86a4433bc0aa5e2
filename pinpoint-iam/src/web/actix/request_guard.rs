//! The guard of a request as an extractor.

use std::future::Future;
use std::pin::Pin;

use actix_web::dev::Payload;
use actix_web::{Error, FromRequest, HttpRequest};

use super::decision::wait_for_decision;
use super::{BeforeBody, authorizer, caller};
use crate::web::RequestGuard;

impl FromRequest for RequestGuard {
    type Error = Error;
    type Future = Pin<Box<dyn Future<Output = Result<Self, Error>>>>;

    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        let request = request.clone();
        Box::pin(async move {
            // A check that waits for tags passes them on to this guard.
            wait_for_decision(&request).await;
            let authorizer = authorizer(&request)?;
            let mut caller = caller(&authorizer, &request)?;
            caller.load_policies(&authorizer).await;
            let caller = caller.after_body(&authorizer, request.headers());
            Ok(Self::new(authorizer, caller))
        })
    }
}

impl BeforeBody for RequestGuard {}
