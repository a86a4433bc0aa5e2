//! An action with dependent actions needs a statement about them.

use axum::Json;
use axum::extract::Path;
use pinpoint_iam::requires;

#[requires(CreateCampaign, request_tags = body)]
async fn create_campaign(Path(application_id): Path<String>, Json(body): Json<Vec<String>>) -> String {
    application_id + &body.concat()
}

#[requires(CreateExportJob)]
async fn export(Path(application_id): Path<String>) -> String {
    application_id
}

#[requires(all(GetApp, CreateImportJob, CreateExportJob(dependents = none)))]
async fn several(Path(application_id): Path<String>) -> String {
    application_id
}

/// Without tags, nothing else is needed.
#[requires(CreateCampaign, request_tags = none)]
async fn without_tags(Path(application_id): Path<String>) -> String {
    application_id
}

fn main() {}
