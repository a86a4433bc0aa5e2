//! A parameter that does not exist in some builds.

use axum::extract::Path;
use pinpoint_iam::requires;

#[requires(GetApp)]
async fn get_app(#[cfg(all())] Path(application_id): Path<String>) -> String {
    application_id
}

fn main() {}
