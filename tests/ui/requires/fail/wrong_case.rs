//! Actions in code are spelled as the catalog spells them.

use axum::extract::Path;
use pinpoint_iam::requires;

#[requires(getcampaign)]
async fn get_campaign(Path((application_id, campaign_id)): Path<(String, String)>) -> String {
    application_id + &campaign_id
}

fn main() {}
