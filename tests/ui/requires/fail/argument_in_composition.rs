//! Arguments follow a composition or one of its actions.

use axum::extract::Path;
use pinpoint_iam::requires;

#[requires(all(GetCampaign, GetApp, campaign_id = id))]
async fn get_campaign(Path((application_id, id)): Path<(String, String)>) -> String {
    application_id + &id
}

fn main() {}
