//! Authentication: maps the bearer token of a request to the principal that the guard reads.

use std::sync::Arc;

use axum::extract::{Request, State};
use axum::http::header::AUTHORIZATION;
use axum::middleware::Next;
use axum::response::Response;

use crate::callers::Callers;

/// Adds the caller's principal to the request's extensions.
///
/// Without a token, or with an unknown one, the request has no principal, and the guard of the handler responds 401. A
/// signed request has the principal of its access key already, and no token.
pub(crate) async fn authenticate(
    State(callers): State<Arc<Callers>>,
    mut request: Request,
    next: Next,
) -> Response {
    let authorization = request.headers().get_all(AUTHORIZATION).iter();
    let caller = callers.authenticate(authorization.map(|value| value.as_bytes()));
    if let Some(principal) = caller.cloned() {
        request.extensions_mut().insert(principal);
    }
    next.run(request).await
}
