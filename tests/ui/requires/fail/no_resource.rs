//! A value that is not a resource.

use axum::extract::Path;
use pinpoint_iam::requires;

#[requires(GetCampaign, resource = campaign_id)]
async fn get_campaign(Path((application_id, campaign_id)): Path<(String, String)>) -> String {
    application_id + &campaign_id
}

fn main() {}
