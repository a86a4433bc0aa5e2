//! Applications, which the console calls projects.

use axum::Json;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use campaigns_core::Store;
use campaigns_core::applications::{self, Application, CreateApplication};
use campaigns_core::page::{Page, PageRequest};
use pinpoint_iam::requires;

use super::answer::Failure;
use super::extract::{InQuery, JsonBody};

/// Creates an application.
#[requires(CreateApp, request_tags = request.tags)]
pub(crate) async fn create_app(
    State(store): State<Store>,
    JsonBody(request): JsonBody<CreateApplication>,
) -> Result<(StatusCode, Json<Application>), Failure> {
    let created = applications::create(&store, request).await?;
    Ok((StatusCode::CREATED, Json(created)))
}

/// Lists the applications.
#[requires(GetApps)]
pub(crate) async fn get_apps(
    InQuery(page): InQuery<PageRequest>,
    State(store): State<Store>,
) -> Result<Json<Page<Application>>, Failure> {
    Ok(Json(applications::list(&store, page).await?))
}

/// Reads one application.
#[requires(GetApp)]
pub(crate) async fn get_app(
    Path(application_id): Path<String>,
    State(store): State<Store>,
) -> Result<Json<Application>, Failure> {
    Ok(Json(applications::read(&store, application_id).await?))
}

/// Deletes an application with everything that belongs to it.
#[requires(DeleteApp)]
pub(crate) async fn delete_app(
    Path(application_id): Path<String>,
    State(store): State<Store>,
) -> Result<Json<Application>, Failure> {
    Ok(Json(applications::delete(&store, application_id).await?))
}
