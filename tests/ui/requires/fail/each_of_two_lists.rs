use axum::Json;
use pinpoint_iam::requires;

#[requires(each(DeleteCampaign(application_id = body.0, campaign_id = body.1)))]
async fn delete(Json(body): Json<(String, Vec<String>)>) {}

fn main() {}
