//! Statements that have no effect.

use axum::Json;
use axum::extract::Path;
use pinpoint_iam::requires;

#[requires(GetApp, dependents(TagResource))]
async fn of_an_action_without_any(Path(application_id): Path<String>) -> String {
    application_id
}

#[requires(all(GetApp, GetApps), dependents = none)]
async fn of_actions_without_any(Path(application_id): Path<String>) -> String {
    application_id
}

#[requires(CreateCampaign, request_tags = none, dependents(TagResource))]
async fn without_tags(Path(application_id): Path<String>) -> String {
    application_id
}

#[requires(CreateCampaign, request_tags = body, dependents(TagResource, TagResource))]
async fn twice(Path(application_id): Path<String>, Json(body): Json<Vec<String>>) -> String {
    application_id + &body.concat()
}

#[requires(CreateExportJob, dependents(iam::PassRole(role_arn = role), iam::PassRole(role_arn = "x")))]
async fn more_than_the_request_names(Path(application_id): Path<String>, role: String) -> String {
    application_id + &role
}

#[requires(CreateExportJob, dependents = none, dependents(iam::PassRole(role_arn = role)))]
async fn two_statements(Path(application_id): Path<String>, role: String) -> String {
    application_id + &role
}

#[requires(CreateExportJob(dependents = none), dependents = none)]
async fn inside_and_outside(Path(application_id): Path<String>) -> String {
    application_id
}

fn main() {}
