//! The settings of an application: what Pinpoint lets one change about it.

use axum::Json;
use axum::extract::{Path, State};
use campaigns_core::Store;
use campaigns_core::settings::{self, Settings, WriteSettings};
use pinpoint_iam::requires;

use super::answer::Failure;
use super::extract::JsonBody;

/// Reads the settings of an application; one that was never changed has none set.
#[requires(GetApplicationSettings)]
pub(crate) async fn get_application_settings(
    Path(application_id): Path<String>,
    State(store): State<Store>,
) -> Result<Json<Settings>, Failure> {
    Ok(Json(settings::read(&store, application_id).await?))
}

/// Changes the settings of an application; what the request leaves out stays.
#[requires(UpdateApplicationSettings)]
pub(crate) async fn update_application_settings(
    Path(application_id): Path<String>,
    State(store): State<Store>,
    JsonBody(request): JsonBody<WriteSettings>,
) -> Result<Json<Settings>, Failure> {
    Ok(Json(
        settings::update(&store, application_id, request).await?,
    ))
}
