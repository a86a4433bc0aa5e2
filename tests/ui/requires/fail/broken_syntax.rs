//! Several invalid arguments are all reported.

use axum::extract::Path;
use pinpoint_iam::requires;

#[requires(GetCampaign, application_id = , campaign_id)]
async fn get_campaign(Path((application_id, campaign_id)): Path<(String, String)>) -> String {
    application_id + &campaign_id
}

fn main() {}
