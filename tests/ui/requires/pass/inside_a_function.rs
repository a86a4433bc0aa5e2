//! A handler may be inside a function.

use axum::Router;
use axum::extract::Path;
use axum::routing::get;
use pinpoint_iam::{Authorizer, requires};

fn main() {
    #[requires(GetApp)]
    async fn get_app(Path(application_id): Path<String>) -> String {
        application_id
    }

    let _: Router<Authorizer> = Router::new().route("/", get(get_app));
}
