//! A body extractor that is not known by its name is refused by its type, unless it comes last.

use axum::Json;
use axum::extract::State;
use pinpoint_iam::{Authorizer, requires};

type Payload = Json<String>;

#[requires(GetApp)]
#[axum::debug_handler(state = Authorizer)]
async fn get_app(Json(application_id): Payload, State(_): State<Authorizer>) -> String {
    application_id
}

fn main() {}
