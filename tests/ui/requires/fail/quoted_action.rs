//! An action is a name, not a string literal.

use axum::extract::Path;
use pinpoint_iam::requires;

#[requires("GetCampaign")]
async fn get_campaign(Path((application_id, campaign_id)): Path<(String, String)>) -> String {
    application_id + &campaign_id
}

fn main() {}
