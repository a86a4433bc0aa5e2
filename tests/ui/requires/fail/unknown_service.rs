//! A service that is in no catalog.

use axum::extract::Path;
use pinpoint_iam::requires;

#[requires(mobiletargetting::GetCampaign)]
async fn get_campaign(Path((application_id, campaign_id)): Path<(String, String)>) -> String {
    application_id + &campaign_id
}

fn main() {}
