//! Tags for an action that does not accept any would be ignored.

use axum::extract::Path;
use pinpoint_iam::requires;

#[requires(GetApp, request_tags = none)]
async fn get_app(Path(application_id): Path<String>) -> String {
    application_id
}

#[requires(all(GetApp, GetCampaigns), request_tags = none)]
async fn get_campaigns(Path(application_id): Path<String>) -> String {
    application_id
}

fn main() {}
