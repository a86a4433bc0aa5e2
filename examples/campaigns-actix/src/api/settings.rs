//! The settings of an application: the part of it that Pinpoint lets callers change.

use actix_web::web;
use campaigns_core::Store;
use campaigns_core::settings::{self, Settings, WriteSettings};
use pinpoint_iam::requires;
use pinpoint_iam::web::actix::Path;

use super::answer::Failure;
use super::extract::JsonBody;

/// Reads the settings of an application. Until they are changed for the first time, none are set.
#[requires(GetApplicationSettings)]
pub(crate) async fn get_application_settings(
    Path(application_id): Path<String>,
    store: web::ThinData<Store>,
) -> Result<web::Json<Settings>, Failure> {
    Ok(web::Json(settings::read(&store, application_id).await?))
}

/// Updates the settings of an application. Members that the request omits are unchanged.
#[requires(UpdateApplicationSettings)]
pub(crate) async fn update_application_settings(
    Path(application_id): Path<String>,
    store: web::ThinData<Store>,
    JsonBody(request): JsonBody<WriteSettings>,
) -> Result<web::Json<Settings>, Failure> {
    Ok(web::Json(
        settings::update(&store, application_id, request).await?,
    ))
}
