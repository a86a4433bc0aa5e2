//! Applications, which the console calls projects.

use pinpoint_iam::requires;

use super::extract::{InQuery, JsonBody, Path};
use super::respond::{Created, Json};
use crate::error::ApiError;
use crate::records::applications::{self, Application, CreateApplication};
use crate::records::page::{Page, PageRequest};
use crate::records::store::Store;

/// Creates an application.
#[requires(mobiletargeting::CreateApp, request_tags = request.tags, dependents(mobiletargeting::TagResource))]
pub(crate) async fn create_app(
    store: Store,
    JsonBody(request): JsonBody<CreateApplication>,
) -> Result<Created<Application>, ApiError> {
    let created = applications::create(&store, request).await?;
    Ok(Created(created))
}

/// Lists the applications.
#[requires(mobiletargeting::GetApps)]
pub(crate) async fn get_apps(
    InQuery(page): InQuery<PageRequest>,
    store: Store,
) -> Result<Json<Page<Application>>, ApiError> {
    Ok(Json(applications::list(&store, page).await?))
}

/// Reads one application.
#[requires(mobiletargeting::GetApp)]
pub(crate) async fn get_app(
    Path(application_id): Path<String>,
    store: Store,
) -> Result<Json<Application>, ApiError> {
    Ok(Json(applications::read(&store, application_id).await?))
}

/// Deletes an application with everything that belongs to it.
#[requires(mobiletargeting::DeleteApp)]
pub(crate) async fn delete_app(
    Path(application_id): Path<String>,
    store: Store,
) -> Result<Json<Application>, ApiError> {
    Ok(Json(applications::delete(&store, application_id).await?))
}
