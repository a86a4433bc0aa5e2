//! A state without an authorizer, found where the handler is mounted.

use axum::Router;
use axum::extract::Path;
use axum::routing::get;
use pinpoint_iam::requires;

#[requires(GetApp)]
async fn get_app(Path(application_id): Path<String>) -> String {
    application_id
}

fn main() {
    let _: Router<String> = Router::new().route("/", get(get_app));
}
