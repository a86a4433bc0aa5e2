//! The settings of an application: the part of it that Pinpoint lets callers change.

use redb::TableDefinition;
use serde::{Deserialize, Serialize};

use super::applications::Application;
use super::store::{Look as _, Record, Store, TOP, Table};
use crate::body::Opaque;
use crate::clock;
use crate::error::ApiError;

/// The id of the single settings record of an application.
const ONLY: &str = "settings";

/// Pinpoint's `ApplicationSettingsResource`.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct Settings {
    application_id: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    campaign_hook: Option<Opaque>,
    #[serde(skip_serializing_if = "Option::is_none")]
    journey_limits: Option<Opaque>,
    #[serde(skip_serializing_if = "Option::is_none")]
    last_modified_date: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    limits: Option<Opaque>,
    #[serde(skip_serializing_if = "Option::is_none")]
    quiet_time: Option<Opaque>,
}

impl Record for Settings {
    const TABLE: Table = TableDefinition::new("settings");
    const KIND: &'static str = "settings";

    fn key(&self) -> (&str, &str) {
        (&self.application_id, ONLY)
    }
}

/// Pinpoint's `WriteApplicationSettingsRequest`.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct WriteSettings {
    campaign_hook: Option<Opaque>,
    journey_limits: Option<Opaque>,
    limits: Option<Opaque>,
    quiet_time: Option<Opaque>,
}

/// Reads the settings of an application. Until they are changed for the first time, none are set.
pub(crate) async fn read(store: &Store, application_id: String) -> Result<Settings, ApiError> {
    store
        .read(move |transaction| {
            transaction.get::<Application>(TOP, &application_id)?;
            let settings = transaction.find(&application_id, ONLY)?;
            Ok(settings.unwrap_or(Settings {
                application_id,
                ..Settings::default()
            }))
        })
        .await
}

/// Updates the settings of an application. Members that the request omits are unchanged.
pub(crate) async fn update(
    store: &Store,
    application_id: String,
    request: WriteSettings,
) -> Result<Settings, ApiError> {
    store
        .write(move |transaction| {
            transaction.get::<Application>(TOP, &application_id)?;
            let before: Settings = transaction.find(&application_id, ONLY)?.unwrap_or_default();
            let WriteSettings {
                campaign_hook,
                journey_limits,
                limits,
                quiet_time,
            } = request;
            let settings = Settings {
                application_id,
                campaign_hook: campaign_hook.or(before.campaign_hook),
                journey_limits: journey_limits.or(before.journey_limits),
                last_modified_date: Some(clock::now()),
                limits: limits.or(before.limits),
                quiet_time: quiet_time.or(before.quiet_time),
            };
            transaction.put(&settings)?;
            Ok(settings)
        })
        .await
}
