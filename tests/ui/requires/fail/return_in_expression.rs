//! An expression cannot return from the check with success.

use axum::extract::Path;
use pinpoint_iam::requires;

#[requires(GetCampaign, campaign_id = return)]
async fn get_campaign(Path(application_id): Path<String>) -> String {
    application_id
}

fn main() {}
