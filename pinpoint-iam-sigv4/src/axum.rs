//! A tower layer for axum.
//!
//! The layer verifies the signature of each request and puts the [`Principal`](pinpoint_iam::Principal) into the extensions of the request,
//! where `#[requires]` reads it. See the [crate's documentation](crate) for an example.
//!
//! In a nested router, the signature is verified over the path that the outermost router received.

use std::convert::Infallible;
use std::fmt;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};

use ::axum::body::Body;
use ::axum::extract::{OriginalUri, Request};
use ::axum::http::header::{CONTENT_LENGTH, CONTENT_TYPE};
use ::axum::http::{HeaderValue, StatusCode};
use ::axum::response::{IntoResponse, Response};
use tower_layer::Layer;
use tower_service::Service;

use crate::authenticator::{Authenticator, log_rejection};
use crate::head::of_http;
use crate::{Error, KeyProvider, Verifier};

/// The layer, for [`Router::layer`](::axum::Router::layer).
#[derive(Clone)]
pub struct SigV4Layer(Arc<Authenticator>);

impl SigV4Layer {
    /// Verifies requests by the rules of `verifier` with the keys of `keys`.
    pub fn new(verifier: Verifier, keys: impl KeyProvider) -> Self {
        Self(Arc::new(Authenticator::new(verifier, keys)))
    }
}

impl fmt::Debug for SigV4Layer {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_tuple("SigV4Layer")
            .field(&self.0.verifier)
            .finish()
    }
}

impl<S> Layer<S> for SigV4Layer {
    type Service = SigV4Service<S>;

    fn layer(&self, inner: S) -> Self::Service {
        SigV4Service {
            inner,
            authenticator: Arc::clone(&self.0),
        }
    }
}

/// The service that [`SigV4Layer`] makes of another one.
#[derive(Clone)]
pub struct SigV4Service<S> {
    inner: S,
    authenticator: Arc<Authenticator>,
}

impl<S: fmt::Debug> fmt::Debug for SigV4Service<S> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("SigV4Service")
            .field("inner", &self.inner)
            .field("verifier", &self.authenticator.verifier)
            .finish()
    }
}

impl<S> Service<Request> for SigV4Service<S>
where
    S: Service<Request, Error = Infallible> + Clone + Send + 'static,
    S::Response: IntoResponse,
    S::Future: Send,
{
    type Response = Response;
    type Error = Infallible;
    type Future = Pin<Box<dyn Future<Output = Result<Response, Infallible>> + Send>>;

    fn poll_ready(&mut self, context: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
        self.inner.poll_ready(context)
    }

    fn call(&mut self, request: Request) -> Self::Future {
        // The clone takes the place of the service that is ready.
        let clone = self.inner.clone();
        let mut inner = std::mem::replace(&mut self.inner, clone);
        let authenticator = Arc::clone(&self.authenticator);
        Box::pin(async move {
            match authenticate(&authenticator, request).await {
                Ok(request) => Ok(inner.call(request).await?.into_response()),
                Err(error) => {
                    log_rejection(&error);
                    Ok(error.into_response())
                }
            }
        })
    }
}

/// The request with its principal and its whole body; the request as it is if it has no signature.
async fn authenticate(
    authenticator: &Authenticator,
    mut request: Request,
) -> Result<Request, Error> {
    let signed = {
        let original = request.extensions().get::<OriginalUri>();
        let uri = original.map_or(request.uri(), |original| &original.0);
        authenticator
            .verifier
            .read(&of_http(request.method(), uri, request.headers()))?
    };
    let Some(signed) = signed else {
        return Ok(request);
    };
    let credentials = authenticator.credentials(&signed).await?;
    let mut hash = None;
    if signed.needs_body() {
        let length = request.headers().get(CONTENT_LENGTH);
        let length = length.and_then(|value| value.to_str().ok()?.parse().ok());
        let body = std::mem::take(request.body_mut()).into_data_stream();
        let (bytes, of_body) = authenticator.read_body(body, length).await?;
        *request.body_mut() = Body::from(bytes);
        hash = Some(of_body);
    }
    let principal = signed.verify(&credentials, hash.as_ref())?;
    request.extensions_mut().insert(principal);
    Ok(request)
}

impl IntoResponse for Error {
    fn into_response(self) -> Response {
        let mut response = Response::new(Body::from(self.to_json()));
        *response.status_mut() =
            StatusCode::from_u16(self.status()).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
        let headers = response.headers_mut();
        headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
        headers.insert(
            Self::ERROR_TYPE_HEADER,
            HeaderValue::from_static(self.code()),
        );
        response
    }
}
