//! `dependents(Action, ..)` and `dependents = none` are the only forms.

use axum::Json;
use axum::extract::Path;
use pinpoint_iam::requires;

#[requires(CreateExportJob, dependents())]
async fn empty(Path(application_id): Path<String>) -> String {
    application_id
}

#[requires(CreateExportJob, dependents = role)]
async fn of_a_value(Path(application_id): Path<String>, role: String) -> String {
    application_id + &role
}

#[requires(CreateExportJob, dependents(iam::PassRole = role))]
async fn of_one_value(Path(application_id): Path<String>, role: String) -> String {
    application_id + &role
}

#[requires(CreateExportJob, dependents("iam:PassRole"))]
async fn quoted(Path(application_id): Path<String>) -> String {
    application_id
}

#[requires(CreateCampaign, request_tags = body, dependents(TagResource(dependents = none)))]
async fn nested(Path(application_id): Path<String>, Json(body): Json<Vec<String>>) -> String {
    application_id + &body.concat()
}

#[requires(all(GetApp, CreateExportJob, dependents = none))]
async fn in_a_composition(Path(application_id): Path<String>) -> String {
    application_id
}

#[requires(CreateExportJob, dependent(iam::PassRole(role_arn = role)))]
async fn misspelled(Path(application_id): Path<String>, role: String) -> String {
    application_id + &role
}

fn main() {}
