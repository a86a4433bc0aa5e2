//! The settings of an application: what Pinpoint lets one change about it.

use actix_web::web;
use campaigns_core::Store;
use campaigns_core::settings::{self, Settings, WriteSettings};
use pinpoint_iam::requires;
use pinpoint_iam::web::actix::Path;

use super::answer::Failure;
use super::extract::JsonBody;

/// Reads the settings of an application; one that was never changed has none set.
#[requires(GetApplicationSettings)]
pub(crate) async fn get_application_settings(
    Path(application_id): Path<String>,
    store: web::ThinData<Store>,
) -> Result<web::Json<Settings>, Failure> {
    Ok(web::Json(settings::read(&store, application_id).await?))
}

/// Changes the settings of an application; what the request leaves out stays.
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
