//! Two parameters with the same name, which rustc rejects too.

#![allow(unused_variables)]

use axum::Extension;
use axum::extract::Path;
use pinpoint_iam::requires;

#[requires(GetApp)]
async fn get_app(
    Path(application_id): Path<String>,
    Extension(application_id): Extension<String>,
) -> String {
    application_id
}

fn main() {}
