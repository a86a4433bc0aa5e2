//! A placeholder that the action does not have.

use axum::extract::Path;
use pinpoint_iam::requires;

#[requires(GetCampaign, segment_id = campaign_id)]
async fn get_campaign(Path((application_id, campaign_id)): Path<(String, String)>) -> String {
    application_id + &campaign_id
}

fn main() {}
