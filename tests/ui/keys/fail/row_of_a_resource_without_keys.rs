use axum::Json;
use axum::extract::Path;
use pinpoint_iam::requires;

#[requires(GetLink, keys = row)]
async fn get(Path(link_id): Path<String>, Json(row): Json<String>) {}

fn main() {}
