//! The notation of policies is recognized.

use axum::extract::Path;
use pinpoint_iam::requires;

#[requires(mobileanalytics:PutEvents)]
async fn get_campaign(Path((application_id, campaign_id)): Path<(String, String)>) -> String {
    application_id + &campaign_id
}

fn main() {}
