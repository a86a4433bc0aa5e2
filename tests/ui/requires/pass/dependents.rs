//! Dependent actions, in all their forms.

use std::collections::HashMap;

use axum::extract::Path;
use axum::routing::post;
use axum::{Json, Router};
use pinpoint_iam::mobiletargeting::{App, Campaign, CreateExportJob};
use pinpoint_iam::{Authorizer, Denied, Guard, Permit, requires};

#[derive(serde::Deserialize)]
struct Job {
    role_arn: String,
    other: Option<Box<str>>,
    tags: Option<HashMap<String, String>>,
}

/// On the resource that is created.
#[requires(CreateCampaign, request_tags = body.tags, dependents(TagResource))]
async fn created(Path(application_id): Path<String>, Json(body): Json<Job>) -> String {
    application_id + &body.role_arn
}

/// On a resource that the handler names.
#[requires(
    CreateCampaign,
    request_tags = body.tags,
    dependents(TagResource(resource = Campaign::new(application_id, "c1")?)),
)]
async fn named(Path(application_id): Path<String>, Json(body): Json<Job>) -> String {
    application_id + &body.role_arn
}

/// A parameter with the name of the ARN.
#[requires(CreateApp, request_tags = body.tags, dependents(TagResource(resource_arn = resource_arn)))]
async fn of_a_parameter(Path(resource_arn): Path<String>, Json(body): Json<Job>) -> String {
    resource_arn + &body.role_arn
}

#[requires(CreateExportJob, dependents(iam::PassRole(role_arn = body.role_arn)), permit = permit)]
async fn outside(Path(application_id): Path<String>, Json(body): Json<Job>) -> String {
    let permit: Permit<CreateExportJob> = permit;
    application_id + &body.role_arn + permit.arn()
}

#[requires(CreateExportJob, dependents(iam::PassRole = none))]
async fn one_that_is_not_needed(Path(application_id): Path<String>) -> String {
    application_id
}

#[requires(
    any(
        all(CreateExportJob, CreateImportJob(dependents(iam::PassRole(role_arn = body.other)))),
        UpdateEmailChannel(
            dependents(iam::PassRole(role_arn = body.role_arn), iam::PassRole(role_arn = &body.other)),
        ),
        GetApp,
    ),
    dependents(iam::PassRole(arn = body.role_arn)),
)]
async fn composed(Path(application_id): Path<String>, Json(body): Json<Job>) -> String {
    application_id + &body.role_arn
}

/// Once for all resources of a list.
#[requires(
    all(
        each(CreateExportJob(application_id = body)),
        each(CreateCampaign(application_id = body, request_tags = ["team"].as_slice())),
    ),
    dependents(
        iam::PassRole(role_arn = "arn:aws:iam::123456789012:role/export"),
        TagResource(resource = Campaign::new("a1", "c1")?),
    ),
    permit = (exports, _),
)]
async fn of_a_list(Json(body): Json<Vec<String>>) -> String {
    let exports: Vec<Permit<CreateExportJob>> = exports;
    format!("{} {}", exports.len(), body.len())
}

#[requires(CreateExportJob, resource = app, dependents(iam::PassRole(role_arn = role)), guard = guard)]
fn function(guard: &Guard<'_>, app: &App, role: &str) -> Result<(), Denied> {
    Ok(())
}

#[requires(CreateCampaign, resource = &app, request_tags = tags, dependents(TagResource), guard = guard)]
async fn boxed(guard: &Guard<'_>, app: App, tags: &[&str]) -> Result<(), Denied> {
    Ok(())
}

fn main() {
    let _: Router<Authorizer> = Router::new()
        .route("/1", post(created))
        .route("/2", post(named))
        .route("/3", post(of_a_parameter))
        .route("/4", post(outside))
        .route("/5", post(one_that_is_not_needed))
        .route("/6", post(composed))
        .route("/7", post(of_a_list));
    let _ = (function, boxed);
}
