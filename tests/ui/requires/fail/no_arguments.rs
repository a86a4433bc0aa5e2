//! A requirement without an action would allow every request.

use axum::extract::Path;
use pinpoint_iam::requires;

#[requires]
async fn get_campaign(Path((application_id, campaign_id)): Path<(String, String)>) -> String {
    application_id + &campaign_id
}

fn main() {}
