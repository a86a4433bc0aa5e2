use axum::Json;
use axum::extract::Path;
use pinpoint_iam::requires;

#[requires(each(DeleteCampaign(campain_id = ids)))]
async fn delete(Path(application_id): Path<String>, Json(ids): Json<Vec<String>>) {}

fn main() {}
