//! `debug_handler` assumes that the state is `()` if no parameter names it.

use axum::extract::Path;
use pinpoint_iam::requires;

#[requires(GetApp)]
#[axum::debug_handler]
async fn get_app(Path(application_id): Path<String>) -> String {
    application_id
}

fn main() {}
