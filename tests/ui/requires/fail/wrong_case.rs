//! Actions in code have the same case as in the catalog.

use axum::extract::Path;
use pinpoint_iam::requires;

#[requires(getcampaign)]
async fn get_campaign(Path((application_id, campaign_id)): Path<(String, String)>) -> String {
    application_id + &campaign_id
}

fn main() {}
