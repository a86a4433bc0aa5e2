//! A placeholder is filled with text.

use axum::extract::Path;
use pinpoint_iam::requires;

#[requires(GetCampaign)]
async fn get_campaign(Path((application_id, campaign_id)): Path<(String, u64)>) -> String {
    format!("{application_id} {campaign_id}")
}

#[requires(DeleteCampaign, campaign_id = number + 1)]
async fn delete_campaign(Path((application_id, number)): Path<(String, u64)>) -> String {
    format!("{application_id} {number}")
}

fn main() {}
