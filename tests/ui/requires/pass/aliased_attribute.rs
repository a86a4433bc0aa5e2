//! The attribute may be imported under another name.

use axum::Router;
use axum::extract::Path;
use axum::routing::get;
use pinpoint_iam::{Authorizer, requires as guarded};

#[guarded(GetApp)]
async fn get_app(Path(application_id): Path<String>) -> String {
    application_id
}

fn main() {
    let _: Router<Authorizer> = Router::new().route("/", get(get_app));
}
