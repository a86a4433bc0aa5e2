//! It is unknown which action of `any` was allowed, so it has no permit.

use axum::extract::Path;
use pinpoint_iam::requires;

#[requires(all(GetApp, any(DeleteApp, GetCampaigns)), permit = proof)]
async fn delete_app(Path(application_id): Path<String>) -> String {
    format!("{application_id} {proof:?}")
}

fn main() {}
