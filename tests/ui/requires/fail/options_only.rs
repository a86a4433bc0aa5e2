//! Options alone are not a requirement.

use axum::extract::Path;
use pinpoint_iam::requires;

#[requires(application_id = application_id)]
async fn get_campaign(Path((application_id, campaign_id)): Path<(String, String)>) -> String {
    application_id + &campaign_id
}

fn main() {}
