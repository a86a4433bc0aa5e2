//! `debug_handler` calls a copy of the handler and has to stand below.

use axum::extract::Path;
use pinpoint_iam::{Authorizer, requires};

#[axum::debug_handler(state = Authorizer)]
#[requires(GetApp)]
async fn get_app(Path(application_id): Path<String>) -> String {
    application_id
}

fn main() {}
