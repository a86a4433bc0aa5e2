//! Applications, which the console calls projects.

use pinpoint_iam::Resource as _;
use pinpoint_iam::mobiletargeting::resources;
use redb::TableDefinition;
use serde::{Deserialize, Serialize};

use super::campaigns::Campaign;
use super::journeys::Journey;
use super::page::{Page, PageRequest};
use super::segments::Segment;
use super::settings::Settings;
use super::store::{Look as _, Record, Store, TOP, Table};
use crate::body::{Tags, checked_tags, required_name};
use crate::clock;
use crate::deployment::scope;
use crate::error::ApiError;
use crate::identifier::new_id;

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
    /// The tags, which policies may use in conditions.
    #[serde(rename = "tags")]
    pub(crate) tags: Option<Tags>,
}

impl Application {
    /// Creates a new application.
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
pub(crate) async fn create(
    store: &Store,
    request: CreateApplication,
) -> Result<Application, ApiError> {
    let application = Application::new(
        new_id()?,
        required_name(request.name)?,
        checked_tags(request.tags)?,
    )?;
    store
        .write(move |transaction| {
            transaction.put(&application)?;
            Ok(application)
        })
        .await
}

/// Lists the applications.
pub(crate) async fn list(store: &Store, page: PageRequest) -> Result<Page<Application>, ApiError> {
    store
        .read(move |transaction| transaction.page(TOP, &page))
        .await
}

/// Reads one application.
pub(crate) async fn read(store: &Store, application_id: String) -> Result<Application, ApiError> {
    store
        .read(move |transaction| transaction.get(TOP, &application_id))
        .await
}

/// Deletes an application with everything that belongs to it.
pub(crate) async fn delete(store: &Store, application_id: String) -> Result<Application, ApiError> {
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
}
