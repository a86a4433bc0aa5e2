//! Applications, which the console calls projects.

use actix_web::http::StatusCode;
use actix_web::web;
use campaigns_core::Store;
use campaigns_core::applications::{self, Application, CreateApplication};
use campaigns_core::page::{Page, PageRequest};
use pinpoint_iam::requires;
use pinpoint_iam::web::actix::Path;

use super::answer::Failure;
use super::extract::{InQuery, JsonBody};

/// Creates an application.
#[requires(CreateApp, request_tags = request.tags)]
pub(crate) async fn create_app(
    store: web::ThinData<Store>,
    JsonBody(request): JsonBody<CreateApplication>,
) -> Result<(web::Json<Application>, StatusCode), Failure> {
    let created = applications::create(&store, request).await?;
    Ok((web::Json(created), StatusCode::CREATED))
}

/// Lists the applications.
#[requires(GetApps)]
pub(crate) async fn get_apps(
    InQuery(page): InQuery<PageRequest>,
    store: web::ThinData<Store>,
) -> Result<web::Json<Page<Application>>, Failure> {
    Ok(web::Json(applications::list(&store, page).await?))
}

/// Reads one application.
#[requires(GetApp)]
pub(crate) async fn get_app(
    Path(application_id): Path<String>,
    store: web::ThinData<Store>,
) -> Result<web::Json<Application>, Failure> {
    Ok(web::Json(applications::read(&store, application_id).await?))
}

/// Deletes an application with everything that belongs to it.
#[requires(DeleteApp)]
pub(crate) async fn delete_app(
    Path(application_id): Path<String>,
    store: web::ThinData<Store>,
) -> Result<web::Json<Application>, Failure> {
    Ok(web::Json(
        applications::delete(&store, application_id).await?,
    ))
}
