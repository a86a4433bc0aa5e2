//! Reports.
//!
//! `mobiletargeting:GetReports` protects a part of Pinpoint's console and has no operation in its API. Therefore the
//! path `GET /v1/reports` and the format of the response are specific to this service.

use serde::Serialize;

use super::applications::Application;
use super::campaigns::Campaign;
use super::journeys::Journey;
use super::page::{Page, PageRequest};
use super::segments::Segment;
use super::store::{Look as _, Store, TOP};
use crate::error::ApiError;

/// The contents of one application.
#[derive(Debug, Serialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct Report {
    application_id: String,
    name: String,
    campaigns: usize,
    journeys: usize,
    segments: usize,
}

/// Reads a report on each application.
pub(crate) async fn list(store: &Store, page: PageRequest) -> Result<Page<Report>, ApiError> {
    store
        .read(move |transaction| {
            let Page { items, next_token } = transaction.page::<Application>(TOP, &page)?;
            let items = items
                .into_iter()
                .map(|application| {
                    Ok(Report {
                        campaigns: transaction.count::<Campaign>(&application.id)?,
                        journeys: transaction.count::<Journey>(&application.id)?,
                        segments: transaction.count::<Segment>(&application.id)?,
                        application_id: application.id,
                        name: application.name,
                    })
                })
                .collect::<Result<_, ApiError>>()?;
            Ok(Page { items, next_token })
        })
        .await
}
