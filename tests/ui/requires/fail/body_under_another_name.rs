//! A body extractor with an unknown name is rejected because of its type, unless it is the last parameter.

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
