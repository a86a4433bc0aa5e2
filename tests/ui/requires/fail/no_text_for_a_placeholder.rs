//! A placeholder needs a value that can be written as text.

use axum::extract::{Path, Query};
use pinpoint_iam::requires;

#[derive(serde::Deserialize)]
struct CampaignId(u64);

#[requires(GetCampaign)]
async fn get_campaign(
    Path((application_id, campaign_id)): Path<(String, CampaignId)>,
) -> String {
    format!("{application_id} {}", campaign_id.0)
}

#[derive(serde::Deserialize)]
struct Wanted {
    campaign: Option<String>,
}

#[requires(DeleteCampaign, campaign_id = query.campaign)]
async fn delete_campaign(
    Path(application_id): Path<String>,
    Query(query): Query<Wanted>,
) -> String {
    application_id
}

fn main() {}
