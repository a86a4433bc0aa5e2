//! Reports, on a path of our own.
//!
//! `mobiletargeting:GetReports` protects a part of Pinpoint's console and has no operation in its API. Therefore the
//! path `GET /v1/reports` and the format of the response are specific to this service.

use actix_web::web;
use campaigns_core::Store;
use campaigns_core::page::{Page, PageRequest};
use campaigns_core::reports::{self, Report};
use pinpoint_iam::requires;

use super::answer::Failure;
use super::extract::InQuery;

/// Reads a report on each application.
#[requires(GetReports)]
pub(crate) async fn get_reports(
    InQuery(page): InQuery<PageRequest>,
    store: web::ThinData<Store>,
) -> Result<web::Json<Page<Report>>, Failure> {
    Ok(web::Json(reports::list(&store, page).await?))
}
