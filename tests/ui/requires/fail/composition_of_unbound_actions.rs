//! Each action of a composition needs its own bindings.

use axum::extract::Path;
use pinpoint_iam::requires;

#[requires(all(GetCampaign, GetSegment))]
async fn get_campaign(Path((application_id, campaign_id)): Path<(String, String)>) -> String {
    application_id + &campaign_id
}

fn main() {}
