//! All errors in a composition are reported together.

use axum::extract::Path;
use pinpoint_iam::requires;

#[requires(all(GetCampagin, "GetApp", any(GetSegmnt, GetApp(colour = 1))))]
async fn get_campaign(Path((application_id, campaign_id)): Path<(String, String)>) -> String {
    application_id + &campaign_id
}

fn main() {}
