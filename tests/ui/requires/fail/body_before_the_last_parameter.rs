//! A value from the body must come from the last parameter.

use axum::Json;
use axum::extract::State;
use pinpoint_iam::{Authorizer, requires};

#[requires(GetApp)]
async fn get_app(Json(application_id): Json<String>, State(_): State<Authorizer>) -> String {
    application_id
}

fn main() {}
