//! An action of another service is written with its service.

use axum::Router;
use axum::extract::Path;
use axum::routing::get;
use pinpoint_iam::{Authorizer, requires};

#[requires(mobileanalytics::PutEvents)]
async fn put_events() -> &'static str {
    ""
}

#[requires(mobiletargeting::GetApp)]
async fn get_app(Path(application_id): Path<String>) -> String {
    application_id
}

fn main() {
    let _: Router<Authorizer> = Router::new()
        .route("/events", get(put_events))
        .route("/app", get(get_app));
}
