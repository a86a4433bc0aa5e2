//! `#[utoipa::path]` documents a handler above and below the attribute.

use axum::Router;
use axum::extract::Path;
use axum::routing::get;
use pinpoint_iam::{Authorizer, requires};
use utoipa::OpenApi;

/// One application.
#[utoipa::path(get, path = "/v1/apps/{application-id}", responses((status = 200, body = String)))]
#[requires(GetApp)]
async fn get_app(Path(application_id): Path<String>) -> String {
    application_id
}

#[requires(GetApps)]
#[utoipa::path(get, path = "/v1/apps", responses((status = 200, body = String)))]
async fn get_apps() -> String {
    "apps".to_owned()
}

#[derive(OpenApi)]
#[openapi(paths(get_app, get_apps))]
struct Documentation;

fn main() {
    let _: Router<Authorizer> = Router::new()
        .route("/v1/apps/{application-id}", get(get_app))
        .route("/v1/apps", get(get_apps));
    assert_eq!(Documentation::openapi().paths.paths.len(), 2);
}
