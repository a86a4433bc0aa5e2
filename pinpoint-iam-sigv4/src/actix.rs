//! A middleware for actix-web.
//!
//! The middleware verifies the signature of each request and puts the [`Principal`](pinpoint_iam::Principal) into the extensions of the
//! request, where `#[requires]` reads it.
//!
//! ```
//! use actix_web::App;
//! use pinpoint_iam::Principal;
//! use pinpoint_iam_sigv4::actix::SigV4;
//! use pinpoint_iam_sigv4::{AccessKey, Credentials, KeyError, SecretKey, Verifier};
//!
//! async fn find_key(key: AccessKey) -> Result<Option<Credentials>, KeyError> {
//!     if key.id() != "AKIAIOSFODNN7EXAMPLE" {
//!         return Ok(None);
//!     }
//!     let ana = Principal::from_arn("arn:aws:iam::123456789012:user/ana")?;
//!     Ok(Some(Credentials::new(SecretKey::new("wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY"), ana)))
//! }
//!
//! // Outside of the closure that makes the application, so that all threads share it.
//! let sigv4 = SigV4::new(Verifier::new("us-east-1", "mobiletargeting"), find_key);
//! let app = move || App::new().wrap(sigv4.clone());
//! # drop(app);
//! ```

use std::fmt;
use std::future::{Ready, ready};
use std::pin::Pin;
use std::rc::Rc;
use std::sync::Arc;
use std::task::{Context, Poll};

use ::actix_web::body::{EitherBody, MessageBody};
use ::actix_web::dev::{Payload, Service, ServiceRequest, ServiceResponse, Transform};
use ::actix_web::http::StatusCode;
use ::actix_web::http::header::CONTENT_LENGTH;
use ::actix_web::{HttpMessage, HttpResponse, ResponseError};

use crate::authenticator::{Authenticator, log_rejection};
use crate::{Error, KeyProvider, RequestHead, Verifier};

/// The middleware, for [`App::wrap`](::actix_web::App::wrap) and [`Scope::wrap`](::actix_web::Scope::wrap).
#[derive(Clone)]
pub struct SigV4(Arc<Authenticator>);

impl SigV4 {
    /// Verifies requests by the rules of `verifier` with the keys of `keys`.
    pub fn new(verifier: Verifier, keys: impl KeyProvider) -> Self {
        Self(Arc::new(Authenticator::new(verifier, keys)))
    }
}

impl fmt::Debug for SigV4 {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_tuple("SigV4")
            .field(&self.0.verifier)
            .finish()
    }
}

impl<S, B> Transform<S, ServiceRequest> for SigV4
where
    S: Service<ServiceRequest, Response = ServiceResponse<B>, Error = ::actix_web::Error> + 'static,
    B: MessageBody + 'static,
{
    type Response = ServiceResponse<EitherBody<B>>;
    type Error = ::actix_web::Error;
    type Transform = SigV4Service<S>;
    type InitError = ();
    type Future = Ready<Result<Self::Transform, ()>>;

    fn new_transform(&self, service: S) -> Self::Future {
        ready(Ok(SigV4Service {
            service: Rc::new(service),
            authenticator: Arc::clone(&self.0),
        }))
    }
}

/// The service that [`SigV4`] makes of another one.
pub struct SigV4Service<S> {
    service: Rc<S>,
    authenticator: Arc<Authenticator>,
}

impl<S> fmt::Debug for SigV4Service<S> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("SigV4Service")
            .field("verifier", &self.authenticator.verifier)
            .finish_non_exhaustive()
    }
}

impl<S, B> Service<ServiceRequest> for SigV4Service<S>
where
    S: Service<ServiceRequest, Response = ServiceResponse<B>, Error = ::actix_web::Error> + 'static,
    B: MessageBody + 'static,
{
    type Response = ServiceResponse<EitherBody<B>>;
    type Error = ::actix_web::Error;
    type Future = Pin<Box<dyn Future<Output = Result<Self::Response, Self::Error>>>>;

    fn poll_ready(&self, context: &mut Context<'_>) -> Poll<Result<(), Self::Error>> {
        self.service.poll_ready(context)
    }

    fn call(&self, mut request: ServiceRequest) -> Self::Future {
        let service = Rc::clone(&self.service);
        let authenticator = Arc::clone(&self.authenticator);
        Box::pin(async move {
            match authenticate(&authenticator, &mut request).await {
                Ok(()) => Ok(service.call(request).await?.map_into_left_body()),
                Err(error) => {
                    log_rejection(&error);
                    let response = error.error_response().map_into_right_body();
                    Ok(request.into_response(response))
                }
            }
        })
    }
}

/// Puts the principal and the whole body into the request; leaves a request without a signature as it is.
async fn authenticate(
    authenticator: &Authenticator,
    request: &mut ServiceRequest,
) -> Result<(), Error> {
    let Some(signed) = authenticator.verifier.read(&head(request))? else {
        return Ok(());
    };
    let credentials = authenticator.credentials(&signed).await?;
    let mut hash = None;
    if signed.needs_body() {
        let length = request.headers().get(CONTENT_LENGTH);
        let length = length.and_then(|value| value.to_str().ok()?.parse().ok());
        let (bytes, of_body) = authenticator
            .read_body(request.take_payload(), length)
            .await?;
        request.set_payload(Payload::from(bytes));
        hash = Some(of_body);
    }
    let principal = signed.verify(&credentials, hash.as_ref())?;
    request.extensions_mut().insert(principal);
    Ok(())
}

fn head(request: &ServiceRequest) -> RequestHead<'_> {
    let uri = request.uri();
    let head = RequestHead::new(request.method().as_str(), uri.path(), uri.query())
        .with_authority(uri.authority().map(|authority| authority.as_str()));
    request.headers().iter().fold(head, |head, (name, value)| {
        head.with_header(name.as_str(), value.as_bytes())
    })
}

impl ResponseError for Error {
    fn status_code(&self) -> StatusCode {
        StatusCode::from_u16(self.status()).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR)
    }

    fn error_response(&self) -> HttpResponse {
        HttpResponse::build(self.status_code())
            .content_type("application/json")
            .insert_header((Self::ERROR_TYPE_HEADER, self.code()))
            .body(self.to_json())
    }
}
