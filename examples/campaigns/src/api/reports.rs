//! Reports, on a path of our own.
//!
//! `mobiletargeting:GetReports` protects a part of Pinpoint's console and has no operation in its API. Therefore the
//! path `GET /v1/reports` and the format of the response are specific to this service.

use pinpoint_iam::requires;

use super::extract::InQuery;
use super::respond::Json;
use crate::error::ApiError;
use crate::records::page::{Page, PageRequest};
use crate::records::reports::{self, Report};
use crate::records::store::Store;

/// Reads a report on each application.
#[requires(mobiletargeting::GetReports)]
pub(crate) async fn get_reports(
    InQuery(page): InQuery<PageRequest>,
    store: Store,
) -> Result<Json<Page<Report>>, ApiError> {
    Ok(Json(reports::list(&store, page).await?))
}
