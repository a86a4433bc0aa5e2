//! The settings of an application: the part of it that Pinpoint lets callers change.

use pinpoint_iam::requires;

use super::extract::{JsonBody, Path};
use super::respond::Json;
use crate::error::ApiError;
use crate::records::settings::{self, Settings, WriteSettings};
use crate::records::store::Store;

/// Reads the settings of an application. Until they are changed for the first time, none are set.
#[requires(mobiletargeting::GetApplicationSettings)]
pub(crate) async fn get_application_settings(
    Path(application_id): Path<String>,
    store: Store,
) -> Result<Json<Settings>, ApiError> {
    Ok(Json(settings::read(&store, application_id).await?))
}

/// Updates the settings of an application. Members that the request omits are unchanged.
#[requires(mobiletargeting::UpdateApplicationSettings)]
pub(crate) async fn update_application_settings(
    Path(application_id): Path<String>,
    store: Store,
    JsonBody(request): JsonBody<WriteSettings>,
) -> Result<Json<Settings>, ApiError> {
    Ok(Json(
        settings::update(&store, application_id, request).await?,
    ))
}
