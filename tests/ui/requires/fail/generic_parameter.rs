//! A parameter that the check uses must have a concrete type.

use axum::extract::Path;
use pinpoint_iam::requires;

#[requires(GetApp)]
async fn get_app<T: AsRef<str>>(Path(application_id): Path<T>) -> String {
    application_id.as_ref().to_owned()
}

fn main() {}
