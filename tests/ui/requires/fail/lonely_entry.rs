//! A composition combines at least two requirements.

use axum::extract::Path;
use pinpoint_iam::requires;

#[requires(all(GetApp))]
async fn get_app(Path(application_id): Path<String>) -> String {
    application_id
}

#[requires(all(DeleteApp, any(GetApp)))]
async fn delete_app(Path(application_id): Path<String>) -> String {
    application_id
}

fn main() {}
