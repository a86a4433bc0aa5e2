//! Journeys. The service only reads their metrics.

use pinpoint_iam::requires;

use super::extract::Path;
use super::respond::Json;
use crate::error::ApiError;
use crate::records::journeys::{self, ExecutionActivityMetrics, ExecutionMetrics};
use crate::records::store::Store;

/// Returns how many participants a journey had.
#[requires(mobiletargeting::GetJourneyExecutionMetrics)]
pub(crate) async fn get_journey_execution_metrics(
    Path((application_id, journey_id)): Path<(String, String)>,
    store: Store,
) -> Result<Json<ExecutionMetrics>, ApiError> {
    Ok(Json(
        journeys::execution(&store, application_id, journey_id).await?,
    ))
}

/// Returns how many participants one activity of a journey had.
#[requires(mobiletargeting::GetJourneyExecutionActivityMetrics)]
pub(crate) async fn get_journey_execution_activity_metrics(
    Path((application_id, journey_id, journey_activity_id)): Path<(String, String, String)>,
    store: Store,
) -> Result<Json<ExecutionActivityMetrics>, ApiError> {
    Ok(Json(
        journeys::execution_of_activity(&store, application_id, journey_id, journey_activity_id)
            .await?,
    ))
}
