//! A body extractor that is not known by its name is refused by its type.

use axum::Json;
use pinpoint_iam::{Authorizer, requires};

type Payload = Json<String>;

#[requires(GetApp)]
#[axum::debug_handler(state = Authorizer)]
async fn get_app(Json(application_id): Payload) -> String {
    application_id
}

fn main() {}
