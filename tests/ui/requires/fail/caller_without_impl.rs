use axum::extract::{Path, Query};
use pinpoint_iam::requires;

struct Claims {
    sub: String,
}

#[requires(GetApp, caller = claims)]
async fn get_app(Query(claims): Query<Claims>, Path(application_id): Path<String>) {}

fn main() {}
