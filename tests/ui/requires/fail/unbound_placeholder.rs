//! A placeholder without a binding.

use axum::extract::Path;
use pinpoint_iam::requires;

#[requires(GetCampaign)]
async fn get_campaign(Path(application_id): Path<String>) -> String {
    application_id
}

fn main() {}
