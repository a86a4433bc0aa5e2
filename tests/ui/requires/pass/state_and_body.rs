//! Parameters that bind nothing are unchanged, including the body.

use axum::extract::{FromRef, Path, State};
use axum::routing::put;
use axum::{Json, Router};
use pinpoint_iam::{Authorizer, requires};

#[derive(Clone)]
struct Database;

#[derive(Clone)]
struct AppState {
    authorizer: Authorizer,
    database: Database,
}

impl FromRef<AppState> for Authorizer {
    fn from_ref(state: &AppState) -> Self {
        state.authorizer.clone()
    }
}

impl FromRef<AppState> for Database {
    fn from_ref(state: &AppState) -> Self {
        state.database.clone()
    }
}

#[requires(UpdateCampaign, request_tags = none)]
async fn update_campaign(
    State(_database): State<Database>,
    Path((application_id, campaign_id)): Path<(String, String)>,
    Json(body): Json<String>,
) -> Result<Json<String>, String> {
    Ok(Json(format!("{application_id} {campaign_id} {body}")))
}

fn main() {
    let _: Router<AppState> = Router::new().route("/", put(update_campaign));
}
