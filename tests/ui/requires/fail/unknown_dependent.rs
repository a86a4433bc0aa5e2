//! Only dependent actions that the catalog lists for the action can be named.

use axum::Json;
use axum::extract::Path;
use pinpoint_iam::requires;

#[requires(CreateCampaign, request_tags = body, dependents(TagResources))]
async fn misspelled(Path(application_id): Path<String>, Json(body): Json<Vec<String>>) -> String {
    application_id + &body.concat()
}

#[requires(CreateExportJob, dependents(iam::PasRole(role_arn = role)))]
async fn misspelled_outside(Path(application_id): Path<String>, role: String) -> String {
    application_id + &role
}

#[requires(CreateExportJob, dependents(PassRole(role_arn = role)))]
async fn without_service(Path(application_id): Path<String>, role: String) -> String {
    application_id + &role
}

/// A known action, but not for this one.
#[requires(CreateExportJob, dependents(GetApp))]
async fn of_another_action(Path(application_id): Path<String>) -> String {
    application_id
}

#[requires(all(GetApp, CreateExportJob(dependents = none)), dependents(s3::PutObject(arn = role)))]
async fn of_no_action(Path(application_id): Path<String>, role: String) -> String {
    application_id + &role
}

#[requires(CreateExportJob, dependents(iam:PassRole(role_arn = role)))]
async fn policy_spelling(Path(application_id): Path<String>, role: String) -> String {
    application_id + &role
}

fn main() {}
