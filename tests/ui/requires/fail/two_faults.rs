//! Two errors in one attribute are reported together.

use axum::extract::Path;
use pinpoint_iam::requires;

#[requires(GetCampaign, segment_id = application_id)]
async fn get_campaign(Path(application_id): Path<String>) -> String {
    application_id
}

fn main() {}
