//! The suggested names belong to the service that was written.

use axum::extract::Path;
use pinpoint_iam::requires;

#[requires(mobileanalytics::PutEvent)]
async fn get_campaign(Path((application_id, campaign_id)): Path<(String, String)>) -> String {
    application_id + &campaign_id
}

fn main() {}
