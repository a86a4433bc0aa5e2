use axum::extract::Path;
use pinpoint_iam::requires;

#[requires(each(DeleteCampaign(campaign_id = number)))]
async fn delete(Path((application_id, number)): Path<(String, u64)>) {}

fn main() {}
