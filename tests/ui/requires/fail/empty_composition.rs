//! An empty composition is an error, because `all()` would allow every request.

use axum::extract::Path;
use pinpoint_iam::requires;

#[requires(all())]
async fn get_campaign(Path((application_id, campaign_id)): Path<(String, String)>) -> String {
    application_id + &campaign_id
}

#[requires(all(GetApp, any()))]
async fn get_app(Path(application_id): Path<String>) -> String {
    application_id
}

fn main() {}
