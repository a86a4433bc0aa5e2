use axum::Json;
use axum::extract::Path;
use pinpoint_iam::requires;

#[requires(each(GetCampaign(campaign_id = ids), DeleteCampaign(campaign_id = ids)))]
async fn both(Path(application_id): Path<String>, Json(ids): Json<Vec<String>>) {}

#[requires(each(all(GetCampaign, DeleteCampaign)))]
async fn combined(Path(application_id): Path<String>, Json(ids): Json<Vec<String>>) {}

#[requires(each())]
async fn nothing(Path(application_id): Path<String>) {}

fn main() {}
