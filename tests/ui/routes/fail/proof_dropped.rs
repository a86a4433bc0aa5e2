//! An attribute below `#[requires]` may rewrite the function without the proof of the check.

use pinpoint_iam::web::axum::Routes;
use pinpoint_iam::{Authorizer, routes};

mod guarded {
    use axum::extract::Path;

    #[pinpoint_iam::requires(GetApp)]
    pub async fn get_app(Path(application_id): Path<String>) -> String {
        application_id
    }
}

use guarded::*;

async fn get_app(axum::extract::Path(application_id): axum::extract::Path<String>) -> String {
    application_id
}

fn main() {
    let _: Routes<Authorizer> = routes![get_app];
}
