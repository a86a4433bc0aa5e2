//! The service on axum.

mod authentication;
mod extract;
mod log;
mod respond;
mod serve;

use std::sync::Arc;

use axum::extract::{DefaultBodyLimit, FromRef};
use axum::middleware::{from_fn, from_fn_with_state};
use axum::routing::get;
use axum::{Json, Router};
use pinpoint_iam::Authorizer;
use pinpoint_iam::web::RouteErrors;
use pinpoint_iam::web::axum::Routes;
use pinpoint_iam_sigv4::axum::SigV4Layer;

use self::authentication::authenticate;
use self::log::log;
pub(crate) use self::serve::serve;
use crate::admin::{FRESHNESS, Freshness};
use crate::body::MAX_BODY_LENGTH;
use crate::callers::{Callers, Keys, verifier};
use crate::error::ApiError;
use crate::prometheus::Prometheus;
use crate::records::store::Store;

/// The state that the handlers share.
#[derive(Clone, Debug)]
pub(crate) struct AppState {
    /// The policies.
    pub(crate) authorizer: Authorizer,
    /// The records.
    pub(crate) store: Store,
    /// The metrics.
    pub(crate) prometheus: Prometheus,
}

impl FromRef<AppState> for Authorizer {
    fn from_ref(state: &AppState) -> Self {
        state.authorizer.clone()
    }
}

/// Returns the service without its socket.
///
/// # Errors
///
/// Every route that cannot be served, such as two handlers for one path.
pub(crate) fn router(
    routes: Routes<AppState>,
    callers: Arc<Callers>,
    state: AppState,
) -> Result<Router, RouteErrors> {
    let sigv4 = SigV4Layer::new(verifier(), Keys(Arc::clone(&callers)));
    let router = routes
        .router()?
        .fallback(async || ApiError::no_such_path())
        .method_not_allowed_fallback(async || ApiError::method_not_allowed())
        .layer(from_fn_with_state(callers, authenticate))
        .layer(sigv4)
        .layer(DefaultBodyLimit::max(MAX_BODY_LENGTH))
        .layer(from_fn(log))
        .with_state(state);
    Ok(router)
}

/// Returns the service for administrators without its socket.
pub(crate) fn admin(authorizer: Authorizer) -> Router {
    let freshness = move || {
        let freshness = Freshness::of(&authorizer);
        async move { Json(freshness) }
    };
    Router::new().route(FRESHNESS, get(freshness))
}
