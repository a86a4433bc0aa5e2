use axum::Json;
use axum::extract::Path;
use pinpoint_iam::requires;

#[requires(each_allowed(DeleteCampaign(campaign_id = ids)))]
async fn delete(Path(application_id): Path<String>, Json(ids): Json<Vec<String>>) {}

#[requires(any(GetApp, each_allowed(DeleteCampaign(campaign_id = ids))))]
async fn either(Path(application_id): Path<String>, Json(ids): Json<Vec<String>>) {}

#[requires(each_until_denied(DeleteCampaign(campaign_id = ids)))]
async fn in_order(Path(application_id): Path<String>, Json(ids): Json<Vec<String>>) {}

fn main() {}
