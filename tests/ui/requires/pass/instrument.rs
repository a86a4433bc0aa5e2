//! `tracing::instrument` may be above or below.

use axum::Router;
use axum::extract::Path;
use axum::routing::get;
use pinpoint_iam::{Authorizer, requires};

#[tracing::instrument]
#[requires(GetApp)]
async fn get_app(Path(application_id): Path<String>) -> String {
    application_id
}

#[requires(DeleteApp)]
#[tracing::instrument(skip_all, fields(application_id))]
async fn delete_app(Path(application_id): Path<String>) -> String {
    application_id
}

fn main() {
    let _: Router<Authorizer> = Router::new().route("/", get(get_app).delete(delete_app));
}
