//! A permit has one name.

use axum::extract::Path;
use pinpoint_iam::requires;

#[requires(DeleteApp, permit = one, permit = other)]
async fn delete_app(Path(application_id): Path<String>) -> String {
    format!("{application_id} {one:?} {other:?}")
}

fn main() {}
