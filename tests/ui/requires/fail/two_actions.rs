//! One attribute contains one action.

use axum::extract::Path;
use pinpoint_iam::requires;

#[requires(GetCampaign, GetSegment)]
async fn get_campaign(Path((application_id, campaign_id)): Path<(String, String)>) -> String {
    application_id + &campaign_id
}

fn main() {}
