//! What binds a placeholder cannot come from the body.

use axum::Json;
use axum::extract::Path;
use pinpoint_iam::requires;

#[derive(serde::Deserialize)]
struct Wanted {
    campaign_id: String,
}

#[requires(GetCampaign, campaign_id = wanted.campaign_id)]
async fn get_campaign(Path(application_id): Path<String>, Json(wanted): Json<Wanted>) -> String {
    application_id + &wanted.campaign_id
}

fn main() {}
