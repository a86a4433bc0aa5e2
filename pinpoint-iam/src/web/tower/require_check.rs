//! A safety net: denies requests that no check has decided.

use std::fmt;
use std::mem;
use std::task::{Context, Poll};

use http::{Request, Response, StatusCode};
use pinpoint_iam_core::__private::OneLine;
use tower_layer::Layer;
use tower_service::Service;

use super::{ResponseFuture, take_ready};
use crate::authorizer::Authorizer;
use crate::denial::Denied;
use crate::web::adapter::StoredState;
use crate::web::check_note::CheckNote;
use crate::web::response::{OfDenial, response};

const UNCHECKED: &str = "the request reached its handler without a check";
const NO_ROUTE: &str =
    "no handler has checked the request, and the service has found nothing for it";

/// A layer that denies every request that reached its end without a check.
///
/// For routers that mix guarded handlers with others: with a handler that was mounted without `#[requires]`, the caller
/// gets 500 instead of its response, and the log contains an error with the method and the path. Responses with status
/// 404 and 405, as routers create them for unknown paths, become 403.
///
/// A request counts as checked if a check of this crate has started inside of this layer: of `#[requires]`, of the
/// extractor of [`Permit`](crate::Permit), with the guard of a [`RequestGuard`](crate::web::RequestGuard), or of a
/// [`CatalogLayer`](super::CatalogLayer); if it was denied; or if its handler is public: `#[public]` in `routes!`, or a
/// [`PublicLayer`](super::PublicLayer). A gRPC service with public methods needs a `PublicLayer` as well. The mark is in the
/// extensions of the request, which no header can change.
///
/// This finds errors, and does not replace checks: the handler has run, and its effects remain. Let `routes!` mount your
/// handlers, which does not compile without a check.
///
/// Place it directly around the handlers, with axum's `route_layer`, because it would also replace the responses of
/// layers inside of it, such as the 401 of an authentication.
///
/// ```
/// use axum::{Router, routing::get};
/// use pinpoint_iam::web::tower::RequireCheckLayer;
/// use pinpoint_iam::{Authorizer, routes};
/// # use axum::extract::Path;
/// # #[pinpoint_iam::requires(GetApp)]
/// # async fn get_app(Path(application_id): Path<String>) -> String {
/// #     application_id
/// # }
/// # async fn forgotten() {}
///
/// # fn router(authorizer: Authorizer) -> Result<Router, Box<dyn std::error::Error>> {
/// let guarded: Router = routes![get_app].with_state(authorizer.clone())?;
/// let router = guarded
///     .route("/forgotten", get(forgotten)) // always responds 500
///     .route_layer(RequireCheckLayer::new(authorizer));
/// # Ok(router)
/// # }
/// ```
#[derive(Clone, Debug)]
pub struct RequireCheckLayer {
    authorizer: Authorizer,
}

impl RequireCheckLayer {
    /// Creates the layer. The authorizer determines the form of the responses.
    pub const fn new(authorizer: Authorizer) -> Self {
        Self { authorizer }
    }
}

impl<S> Layer<S> for RequireCheckLayer {
    type Service = RequireCheckService<S>;

    fn layer(&self, inner: S) -> Self::Service {
        RequireCheckService {
            inner,
            authorizer: self.authorizer.clone(),
        }
    }
}

/// The service that [`RequireCheckLayer`] makes of another one.
#[derive(Clone)]
pub struct RequireCheckService<S> {
    inner: S,
    authorizer: Authorizer,
}

impl<S: fmt::Debug> fmt::Debug for RequireCheckService<S> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("RequireCheckService")
            .field("inner", &self.inner)
            .finish_non_exhaustive()
    }
}

impl<S, B, R> Service<Request<B>> for RequireCheckService<S>
where
    S: Service<Request<B>, Response = Response<R>> + Clone + Send + 'static,
    S::Future: Send,
    B: Send + 'static,
    R: From<Vec<u8>>,
{
    type Response = Response<R>;
    type Error = S::Error;
    type Future = ResponseFuture<Response<R>, S::Error>;

    fn poll_ready(&mut self, context: &mut Context<'_>) -> Poll<Result<(), S::Error>> {
        self.inner.poll_ready(context)
    }

    fn call(&mut self, mut request: Request<B>) -> Self::Future {
        let mut inner = take_ready(&mut self.inner);
        let authorizer = self.authorizer.clone();
        let extensions = request.extensions_mut();
        let StoredState(state) = extensions.get_or_insert_default();
        // Every request has a new note: an earlier check, or one of another request, does not count.
        let note = CheckNote::inside(mem::take(&mut state.note));
        state.note = note.clone();
        let (method, path) = (request.method().clone(), request.uri().path().to_owned());
        Box::pin(async move {
            let given = inner.call(request).await?;
            if note.is_set() || given.extensions().get::<OfDenial>().is_some() {
                return Ok(given);
            }
            let path = OneLine(&path);
            let denied = match given.status() {
                StatusCode::NOT_FOUND | StatusCode::METHOD_NOT_ALLOWED => {
                    tracing::info!(%method, %path, "request denied: {NO_ROUTE}");
                    Denied::unknown_route(NO_ROUTE)
                }
                status => {
                    tracing::error!(
                        %method,
                        %path,
                        status = status.as_u16(),
                        "request denied: {UNCHECKED}; add `#[requires]` to the handler, or `PublicLayer` to its route"
                    );
                    Denied::misconfigured(UNCHECKED)
                }
            };
            Ok(response(authorizer.rejection(&denied)))
        })
    }
}
