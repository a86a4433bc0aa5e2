//! Errors in a second attribute are reported like those in the first.

use axum::extract::Path;
use pinpoint_iam::requires;

#[requires(GetApp)]
#[requires(DeletApp)]
#[requires]
async fn delete_app(Path(application_id): Path<String>) -> String {
    application_id
}

fn main() {}
