//! A state without an authorizer.

use axum::extract::{Path, State};
use pinpoint_iam::requires;

#[derive(Clone)]
struct AppState;

#[requires(GetApp)]
#[axum::debug_handler]
async fn get_app(State(_state): State<AppState>, Path(application_id): Path<String>) -> String {
    application_id
}

fn main() {}
