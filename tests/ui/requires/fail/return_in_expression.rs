//! An expression cannot leave the check with a yes.

use axum::extract::Path;
use pinpoint_iam::requires;

#[requires(GetCampaign, campaign_id = return)]
async fn get_campaign(Path(application_id): Path<String>) -> String {
    application_id
}

fn main() {}
