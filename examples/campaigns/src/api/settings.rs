//! The settings of an application: the part of it that Pinpoint lets callers change.

use axum::Json;
use axum::extract::{Path, State};
use campaigns_core::Store;
use campaigns_core::settings::{self, Settings, WriteSettings};
use pinpoint_iam::requires;

use super::answer::Failure;
use super::extract::JsonBody;

/// Reads the settings of an application. Until they are changed for the first time, none are set.
#[requires(GetApplicationSettings)]
pub(crate) async fn get_application_settings(
    Path(application_id): Path<String>,
    State(store): State<Store>,
) -> Result<Json<Settings>, Failure> {
    Ok(Json(settings::read(&store, application_id).await?))
}

/// Updates the settings of an application. Members that the request omits are unchanged.
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
