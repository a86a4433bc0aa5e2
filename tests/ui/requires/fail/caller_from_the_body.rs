use axum::Json;
use axum::extract::Path;
use pinpoint_iam::requires;

#[requires(GetApp, caller = claims)]
async fn get_app(Path(application_id): Path<String>, Json(claims): Json<String>) {}

fn main() {}
