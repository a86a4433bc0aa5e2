//! A name in an expression that is not a parameter.

use axum::extract::Path;
use pinpoint_iam::requires;

#[requires(GetCampaign, campaign_id = pth.id)]
async fn get_campaign(Path((application_id, path)): Path<(String, String)>) -> String {
    application_id + &path
}

fn main() {}
