use axum::extract::Path;
use pinpoint_iam::requires;

#[requires(each(DeleteCampaign))]
async fn delete(Path((application_id, campaign_id)): Path<(String, String)>) {}

fn main() {}
