//! An option that occurs twice.

use axum::extract::Path;
use pinpoint_iam::requires;

#[requires(GetCampaign, campaign_id = campaign_id, campaign_id = application_id)]
async fn get_campaign(Path((application_id, campaign_id)): Path<(String, String)>) -> String {
    application_id + &campaign_id
}

fn main() {}
