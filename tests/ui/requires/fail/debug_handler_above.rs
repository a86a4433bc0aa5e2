//! `debug_handler` calls a copy of the handler with the parameters that it sees, so it must be below.

use pinpoint_iam::requires;

#[axum::debug_handler]
#[requires(GetApps)]
async fn get_apps() {}

fn main() {}
