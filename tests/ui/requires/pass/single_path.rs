//! A path with one parameter does not need a tuple.

use axum::Router;
use axum::extract::Path;
use axum::routing::get;
use pinpoint_iam::{Authorizer, requires};

#[requires(GetApp)]
async fn get_app(Path(application_id): Path<String>) -> String {
    application_id
}

fn main() {
    let _: Router<Authorizer> = Router::new().route("/", get(get_app));
}
