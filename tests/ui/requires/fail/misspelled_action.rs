//! One wrong letter: the most similar names are suggested.

use axum::extract::Path;
use pinpoint_iam::requires;

#[requires(GetCampagin)]
async fn get_campaign(Path((application_id, campaign_id)): Path<(String, String)>) -> String {
    application_id + &campaign_id
}

fn main() {}
