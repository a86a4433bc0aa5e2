//! Key performance indicators (KPIs) of applications, campaigns and journeys over a range of dates.

use pinpoint_iam::requires;

use super::extract::{InQuery, Path};
use super::respond::Json;
use crate::error::ApiError;
use crate::records::metrics::{self, DateRange, Indicator};
use crate::records::store::Store;

/// Reads a KPI of an application.
#[requires(mobiletargeting::GetApplicationDateRangeKpi)]
pub(crate) async fn get_application_date_range_kpi(
    Path((application_id, kpi_name)): Path<(String, String)>,
    InQuery(range): InQuery<DateRange>,
    store: Store,
) -> Result<Json<Indicator>, ApiError> {
    Ok(Json(
        metrics::of_application(&store, application_id, kpi_name, range).await?,
    ))
}

/// Reads a KPI of a campaign.
#[requires(mobiletargeting::GetCampaignDateRangeKpi)]
pub(crate) async fn get_campaign_date_range_kpi(
    Path((application_id, campaign_id, kpi_name)): Path<(String, String, String)>,
    InQuery(range): InQuery<DateRange>,
    store: Store,
) -> Result<Json<Indicator>, ApiError> {
    Ok(Json(
        metrics::of_campaign(&store, application_id, campaign_id, kpi_name, range).await?,
    ))
}

/// Reads a KPI of a journey.
#[requires(mobiletargeting::GetJourneyDateRangeKpi)]
pub(crate) async fn get_journey_date_range_kpi(
    Path((application_id, journey_id, kpi_name)): Path<(String, String, String)>,
    InQuery(range): InQuery<DateRange>,
    store: Store,
) -> Result<Json<Indicator>, ApiError> {
    Ok(Json(
        metrics::of_journey(&store, application_id, journey_id, kpi_name, range).await?,
    ))
}
