//! The generic parameter would shadow the type that identifies the check of the handler.

use axum::extract::Path;
use pinpoint_iam::requires;

#[requires(GetApp)]
async fn get_app<get_app>(Path(application_id): Path<String>) -> String {
    application_id
}

#[requires(GetApp)]
async fn read<'read, r#read>(Path(application_id): Path<String>) -> String {
    application_id
}

fn main() {}
