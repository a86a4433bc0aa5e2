//! A tuple is filled by position, but the route of the action has its placeholders in another order.

use axum::extract::Path;
use pinpoint_iam::requires;

#[requires(GetCampaign)]
async fn get_campaign(Path((campaign_id, application_id)): Path<(String, String)>) -> String {
    application_id + &campaign_id
}

#[requires(GetCampaignVersion)]
async fn get_version(
    Path((application_id, version, campaign_id)): Path<(String, String, String)>,
) -> String {
    application_id + &version + &campaign_id
}

#[requires(all(GetCampaign, GetApp))]
async fn all(Path((campaign_id, application_id)): Path<(String, String)>) -> String {
    application_id + &campaign_id
}

fn main() {}
