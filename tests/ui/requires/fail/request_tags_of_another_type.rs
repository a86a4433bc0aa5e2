//! The tags of a request are a map, a list of keys, or `Tags`.

use axum::Json;
use axum::extract::Path;
use pinpoint_iam::requires;

#[requires(CreateCampaign, request_tags = body, dependents = none)]
async fn create_campaign(Path(application_id): Path<String>, Json(body): Json<u64>) -> String {
    format!("{application_id} {body}")
}

fn main() {}
