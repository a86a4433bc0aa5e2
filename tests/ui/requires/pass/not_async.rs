//! A function that returns a future is a handler too.

use axum::Router;
use axum::extract::Path;
use axum::routing::get;
use pinpoint_iam::{Authorizer, requires};

#[requires(GetApp)]
fn get_app(Path(application_id): Path<String>) -> impl Future<Output = String> + Send {
    async move { application_id }
}

fn main() {
    let _: Router<Authorizer> = Router::new().route("/", get(get_app));
}
