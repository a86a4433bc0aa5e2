//! An argument that none of the actions accepts has no effect.

use axum::extract::Path;
use pinpoint_iam::requires;

#[requires(all(GetCampaign, GetApp), segment_id = id)]
async fn get_campaign(Path((application_id, campaign_id)): Path<(String, String)>) -> String {
    application_id + &campaign_id
}

#[requires(any(GetCampaign, GetApp), aplication_id = app)]
async fn misspelled(Path((app, campaign_id)): Path<(String, String)>) -> String {
    app + &campaign_id
}

#[requires(all(mobileanalytics::PutEvents, mobileanalytics::GetReports), resource = app)]
async fn no_resources(Path(app): Path<String>) -> String {
    app
}

fn main() {}
