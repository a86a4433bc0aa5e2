//! `debug_handler` calls a copy of the handler with the parameters that it sees, so it must be below.

use axum::debug_handler;
use pinpoint_iam::requires;

#[axum::debug_handler]
#[requires(GetApps)]
async fn get_apps() {}

#[debug_handler(state = ())]
/// Reads an app.
#[requires(GetApp, application_id = "a1")]
async fn get_app() {}

fn main() {}
