//! `debug_handler` calls a copy of the handler, with as many parameters as it sees, and has to stand below.

use pinpoint_iam::requires;

#[axum::debug_handler]
#[requires(GetApps)]
async fn get_apps() {}

fn main() {}
