//! A dependent action needs its resource, as every action.

use axum::Json;
use axum::extract::Path;
use pinpoint_iam::requires;

#[requires(CreateExportJob, dependents(iam::PassRole))]
async fn without_arn(Path(application_id): Path<String>, role: String) -> String {
    application_id + &role
}

#[requires(CreateExportJob, dependents(iam::PassRole(role = role)))]
async fn not_an_arn(Path(application_id): Path<String>, role: String) -> String {
    application_id + &role
}

#[requires(CreateExportJob, dependents(iam::PassRole(role_arn = role, session = role)))]
async fn further_argument(Path(application_id): Path<String>, role: String) -> String {
    application_id + &role
}

#[requires(CreateCampaign, request_tags = body, dependents(TagResource(resource_id = "x")))]
async fn of_a_catalog(Path(application_id): Path<String>, Json(body): Json<Vec<String>>) -> String {
    application_id + &body.concat()
}

fn main() {}
