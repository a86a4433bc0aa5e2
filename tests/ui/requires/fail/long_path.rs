//! An action consists of its name and at most its service.

use axum::extract::Path;
use pinpoint_iam::requires;

#[requires(pinpoint_iam::mobiletargeting::GetCampaign)]
async fn get_campaign(Path((application_id, campaign_id)): Path<(String, String)>) -> String {
    application_id + &campaign_id
}

fn main() {}
