//! Journeys. The service only reads their metrics.

use actix_web::web;
use campaigns_core::Store;
use campaigns_core::journeys::{self, ExecutionActivityMetrics, ExecutionMetrics};
use pinpoint_iam::requires;
use pinpoint_iam::web::actix::Path;

use super::answer::Failure;

/// Returns how many participants a journey had.
#[requires(GetJourneyExecutionMetrics)]
pub(crate) async fn get_journey_execution_metrics(
    Path((application_id, journey_id)): Path<(String, String)>,
    store: web::ThinData<Store>,
) -> Result<web::Json<ExecutionMetrics>, Failure> {
    Ok(web::Json(
        journeys::execution(&store, application_id, journey_id).await?,
    ))
}

/// Returns how many participants one activity of a journey had.
#[requires(GetJourneyExecutionActivityMetrics)]
pub(crate) async fn get_journey_execution_activity_metrics(
    Path((application_id, journey_id, journey_activity_id)): Path<(String, String, String)>,
    store: web::ThinData<Store>,
) -> Result<web::Json<ExecutionActivityMetrics>, Failure> {
    Ok(web::Json(
        journeys::execution_of_activity(&store, application_id, journey_id, journey_activity_id)
            .await?,
    ))
}
