//! Applications, which the console calls projects.

use axum::Json;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use pinpoint_iam::mobiletargeting::resources;
use pinpoint_iam::{Resource as _, requires};
use redb::TableDefinition;
use serde::{Deserialize, Serialize};

use super::answer::ApiError;
use super::body::{JsonBody, Tags, checked_tags, required_name};
use super::campaigns::Campaign;
use super::journeys::Journey;
use super::page::{Page, PageRequest};
use super::segments::Segment;
use super::settings::Settings;
use crate::clock;
use crate::deployment::scope;
use crate::identifier::new_id;
use crate::store::{Look as _, Record, Store, TOP, Table};

/// Pinpoint's `ApplicationResponse`.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct Application {
    arn: String,
    creation_date: String,
    pub(crate) id: String,
    pub(crate) name: String,
    #[serde(rename = "tags")]
    tags: Tags,
}

impl Record for Application {
    const TABLE: Table = TableDefinition::new("applications");
    const KIND: &'static str = "application";

    fn key(&self) -> (&str, &str) {
        (TOP, &self.id)
    }
}

/// Pinpoint's `CreateApplicationRequest`.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct CreateApplication {
    name: Option<String>,
    #[serde(rename = "tags")]
    tags: Option<Tags>,
}

impl Application {
    /// A new application.
    pub(crate) fn new(id: String, name: String, tags: Tags) -> Result<Self, ApiError> {
        let arn = resources::App::new(&id)
            .map_err(ApiError::internal)?
            .arn(&scope());
        Ok(Self {
            arn,
            creation_date: clock::now(),
            id,
            name,
            tags,
        })
    }
}

/// Creates an application.
#[requires(CreateApp, request_tags = request.tags)]
pub(crate) async fn create_app(
    State(store): State<Store>,
    JsonBody(request): JsonBody<CreateApplication>,
) -> Result<(StatusCode, Json<Application>), ApiError> {
    let application = Application::new(
        new_id()?,
        required_name(request.name)?,
        checked_tags(request.tags)?,
    )?;
    let created = store
        .write(move |transaction| {
            transaction.put(&application)?;
            Ok(application)
        })
        .await?;
    Ok((StatusCode::CREATED, Json(created)))
}

/// Lists the applications.
#[requires(GetApps)]
pub(crate) async fn get_apps(
    page: PageRequest,
    State(store): State<Store>,
) -> Result<Json<Page<Application>>, ApiError> {
    store
        .read(move |transaction| transaction.page(TOP, &page))
        .await
        .map(Json)
}

/// Reads one application.
#[requires(GetApp)]
pub(crate) async fn get_app(
    Path(application_id): Path<String>,
    State(store): State<Store>,
) -> Result<Json<Application>, ApiError> {
    store
        .read(move |transaction| transaction.get(TOP, &application_id))
        .await
        .map(Json)
}

/// Deletes an application with everything that belongs to it.
#[requires(DeleteApp)]
pub(crate) async fn delete_app(
    Path(application_id): Path<String>,
    State(store): State<Store>,
) -> Result<Json<Application>, ApiError> {
    store
        .write(move |transaction| {
            let application = transaction.take(TOP, &application_id)?;
            transaction.clear::<Campaign>(&application_id)?;
            transaction.clear::<Journey>(&application_id)?;
            transaction.clear::<Segment>(&application_id)?;
            transaction.clear::<Settings>(&application_id)?;
            Ok(application)
        })
        .await
        .map(Json)
}
