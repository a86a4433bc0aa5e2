//! If the whole resource is given, its placeholders cannot be bound.

use axum::extract::Path;
use pinpoint_iam::requires;

#[requires(GetCampaign, resource = campaign, campaign_id = campaign_id)]
async fn get_campaign(Path((application_id, campaign_id)): Path<(String, String)>) -> String {
    application_id + &campaign_id
}

fn main() {}
