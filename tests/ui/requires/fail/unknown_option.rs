//! An option that does not exist.

use axum::extract::Path;
use pinpoint_iam::requires;

#[requires(GetCampaign, resourse = campaign_id)]
async fn get_campaign(Path((application_id, campaign_id)): Path<(String, String)>) -> String {
    application_id + &campaign_id
}

fn main() {}
