//! A handler may have the name of its action.

use axum::Router;
use axum::extract::Path;
use axum::routing::get;
use pinpoint_iam::{Authorizer, requires};

#[allow(non_snake_case)]
#[requires(GetApp)]
async fn GetApp(Path(application_id): Path<String>) -> String {
    application_id
}

fn main() {
    let _: Router<Authorizer> = Router::new().route("/", get(GetApp));
}
