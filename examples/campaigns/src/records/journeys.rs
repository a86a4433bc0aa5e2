//! Journeys. The service only reads their metrics; the demo's journey is created with the database.

use std::collections::BTreeMap;

use redb::TableDefinition;
use serde::{Deserialize, Serialize};

use super::store::{Look as _, Record, Store, Table};
use crate::clock;
use crate::error::ApiError;

/// A journey and the kinds of its activities.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct Journey {
    pub(crate) application_id: String,
    pub(crate) id: String,
    /// The activities: id to type, for example `MESSAGE`.
    pub(crate) activities: BTreeMap<String, String>,
}

impl Record for Journey {
    const TABLE: Table = TableDefinition::new("journeys");
    const KIND: &'static str = "journey";

    fn key(&self) -> (&str, &str) {
        (&self.application_id, &self.id)
    }
}

/// How many participants entered and left, with Pinpoint's names.
type Metrics = BTreeMap<&'static str, &'static str>;

/// Pinpoint's `JourneyExecutionMetricsResponse`.
#[derive(Debug, Serialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct ExecutionMetrics {
    application_id: String,
    journey_id: String,
    last_evaluated_time: String,
    metrics: Metrics,
}

/// Pinpoint's `JourneyExecutionActivityMetricsResponse`.
#[derive(Debug, Serialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct ExecutionActivityMetrics {
    activity_type: String,
    application_id: String,
    journey_activity_id: String,
    journey_id: String,
    last_evaluated_time: String,
    metrics: Metrics,
}

/// Returns the metrics of a journey without participants. Journeys do not run here.
fn nobody() -> Metrics {
    Metrics::from([("ENDPOINT_ENTERED", "0"), ("ENDPOINT_LEFT", "0")])
}

/// Returns how many participants a journey had.
pub(crate) async fn execution(
    store: &Store,
    application_id: String,
    journey_id: String,
) -> Result<ExecutionMetrics, ApiError> {
    let journey: Journey = store
        .read(move |transaction| transaction.get(&application_id, &journey_id))
        .await?;
    Ok(ExecutionMetrics {
        application_id: journey.application_id,
        journey_id: journey.id,
        last_evaluated_time: clock::now(),
        metrics: nobody(),
    })
}

/// Returns how many participants one activity of a journey had.
pub(crate) async fn execution_of_activity(
    store: &Store,
    application_id: String,
    journey_id: String,
    journey_activity_id: String,
) -> Result<ExecutionActivityMetrics, ApiError> {
    let journey: Journey = store
        .read(move |transaction| transaction.get(&application_id, &journey_id))
        .await?;
    let activity_type = journey
        .activities
        .get(&journey_activity_id)
        .cloned()
        .ok_or_else(|| {
            ApiError::not_found(
                "journey activity",
                &journey.application_id,
                &journey_activity_id,
            )
        })?;
    Ok(ExecutionActivityMetrics {
        activity_type,
        application_id: journey.application_id,
        journey_activity_id,
        journey_id: journey.id,
        last_evaluated_time: clock::now(),
        metrics: nobody(),
    })
}
