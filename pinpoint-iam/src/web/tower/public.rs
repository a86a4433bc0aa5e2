//! Routes that need no check, inside of a safety net.

use std::fmt;
use std::task::{Context, Poll};

use http::Request;
use tower_layer::Layer;
use tower_service::Service;

use crate::web::adapter::StoredState;

/// Marks routes as public, for the [`RequireCheckLayer`](super::RequireCheckLayer) outside of them.
///
/// `routes!` does this for handlers with `#[public]`.
///
/// ```
/// use axum::{Router, routing::get};
/// use pinpoint_iam::web::tower::PublicLayer;
///
/// # fn router() -> Router {
/// Router::new()
///     .route("/healthz", get(async || "ok"))
///     .route_layer(PublicLayer::new("health check of the load balancer"))
/// # }
/// ```
#[derive(Clone, Debug)]
pub struct PublicLayer(());

impl PublicLayer {
    /// Creates the layer. The reason is for readers of the code.
    pub const fn new(_reason: &str) -> Self {
        Self(())
    }
}

impl<S> Layer<S> for PublicLayer {
    type Service = PublicService<S>;

    fn layer(&self, inner: S) -> Self::Service {
        PublicService { inner }
    }
}

/// The service that [`PublicLayer`] makes of another one.
#[derive(Clone)]
pub struct PublicService<S> {
    inner: S,
}

impl<S: fmt::Debug> fmt::Debug for PublicService<S> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("PublicService")
            .field("inner", &self.inner)
            .finish()
    }
}

impl<S: Service<Request<B>>, B> Service<Request<B>> for PublicService<S> {
    type Response = S::Response;
    type Error = S::Error;
    type Future = S::Future;

    fn poll_ready(&mut self, context: &mut Context<'_>) -> Poll<Result<(), S::Error>> {
        self.inner.poll_ready(context)
    }

    fn call(&mut self, request: Request<B>) -> S::Future {
        if let Some(StoredState(state)) = request.extensions().get() {
            state.note.set();
        }
        self.inner.call(request)
    }
}
