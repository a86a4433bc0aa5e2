//! Key performance indicators (KPIs) of applications, campaigns and journeys over a range of dates.
//!
//! The service does not send anything, so every indicator is zero. An indicator that is grouped, by date or by
//! campaign, has no groups.

use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};

use super::applications::Application;
use super::campaigns::Campaign;
use super::journeys::Journey;
use super::store::{Look as _, Store, TOP};
use crate::error::ApiError;
use crate::query::FromQuery;

/// The longest range, which is also the default.
const LONGEST_RANGE: SignedDuration = SignedDuration::from_hours(31 * 24);

/// The range of dates in a request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct DateRange {
    start: Timestamp,
    end: Timestamp,
}

/// The query parameters before validation.
#[derive(Debug, Deserialize)]
pub(crate) struct Parameters {
    #[serde(rename = "start-time")]
    start: Option<String>,
    #[serde(rename = "end-time")]
    end: Option<String>,
}

impl DateRange {
    fn read(start: Option<&str>, end: Option<&str>, now: Timestamp) -> Result<Self, ApiError> {
        let end = end.map_or(Ok(now), |text| date("end-time", text))?;
        let start = match start {
            Some(text) => date("start-time", text)?,
            None => end
                .checked_sub(LONGEST_RANGE)
                .map_err(|_| ApiError::bad_request("`end-time` is too far back"))?,
        };
        let length = end.duration_since(start);
        if length.is_negative() {
            return Err(ApiError::bad_request("`start-time` is after `end-time`"));
        }
        if length > LONGEST_RANGE {
            return Err(ApiError::bad_request(
                "`start-time` and `end-time` are more than 31 days apart",
            ));
        }
        Ok(Self { start, end })
    }
}

fn date(parameter: &str, text: &str) -> Result<Timestamp, ApiError> {
    text.parse().map_err(|_| {
        ApiError::bad_request(format!(
            "`{parameter}` is a date and time such as `2026-07-26T20:00:00Z`, not `{text}`"
        ))
    })
}

impl FromQuery for DateRange {
    type Parameters = Parameters;

    fn from_query(Parameters { start, end }: Parameters) -> Result<Self, ApiError> {
        Self::read(start.as_deref(), end.as_deref(), Timestamp::now())
    }
}

/// Pinpoint's `…DateRangeKpiResponse`, for an application, a campaign or a journey.
#[derive(Debug, Serialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct Indicator {
    application_id: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    campaign_id: Option<String>,
    end_time: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    journey_id: Option<String>,
    kpi_name: String,
    kpi_result: KpiResult,
    start_time: String,
}

/// Pinpoint's `BaseKpiResult`.
#[derive(Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "PascalCase")]
struct KpiResult {
    rows: Vec<ResultRow>,
}

/// Pinpoint's `ResultRow`.
#[derive(Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "PascalCase")]
struct ResultRow {
    grouped_bys: Vec<ResultRowValue>,
    values: Vec<ResultRowValue>,
}

/// Pinpoint's `ResultRowValue`.
#[derive(Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "PascalCase")]
struct ResultRowValue {
    key: String,
    r#type: &'static str,
    value: &'static str,
}

/// Returns the result of an indicator with a name such as `unique-deliveries` or `email-open-rate-grouped-by-campaign`.
///
/// Pinpoint's list of indicators is not repeated here, so any name with this format is valid.
fn measure(kpi_name: &str) -> Result<KpiResult, ApiError> {
    let terms: Vec<&str> = kpi_name.split('-').collect();
    let is_term = |term: &&str| {
        !term.is_empty()
            && term
                .bytes()
                .all(|byte| matches!(byte, b'a'..=b'z' | b'0'..=b'9'))
    };
    if terms.len() < 2 || !terms.iter().all(is_term) {
        return Err(ApiError::bad_request(
            "the name of a KPI is two or more terms of lower-case letters and digits with hyphens between them",
        ));
    }
    if kpi_name.contains("-grouped-by-") {
        return Ok(KpiResult { rows: Vec::new() });
    }
    let key = terms.iter().flat_map(|term| {
        let mut characters = term.chars();
        characters
            .next()
            .map(|first| first.to_ascii_uppercase())
            .into_iter()
            .chain(characters)
    });
    let value = ResultRowValue {
        key: key.collect(),
        r#type: "Double",
        value: "0.0",
    };
    Ok(KpiResult {
        rows: vec![ResultRow {
            grouped_bys: Vec::new(),
            values: vec![value],
        }],
    })
}

impl Indicator {
    fn new(application_id: String, kpi_name: String, range: DateRange) -> Result<Self, ApiError> {
        Ok(Self {
            application_id,
            campaign_id: None,
            end_time: range.end.to_string(),
            journey_id: None,
            kpi_result: measure(&kpi_name)?,
            kpi_name,
            start_time: range.start.to_string(),
        })
    }
}

/// Reads a KPI of an application.
pub(crate) async fn of_application(
    store: &Store,
    application_id: String,
    kpi_name: String,
    range: DateRange,
) -> Result<Indicator, ApiError> {
    let application: Application = store
        .read(move |transaction| transaction.get(TOP, &application_id))
        .await?;
    Indicator::new(application.id, kpi_name, range)
}

/// Reads a KPI of a campaign.
pub(crate) async fn of_campaign(
    store: &Store,
    application_id: String,
    campaign_id: String,
    kpi_name: String,
    range: DateRange,
) -> Result<Indicator, ApiError> {
    let campaign: Campaign = store
        .read(move |transaction| transaction.get(&application_id, &campaign_id))
        .await?;
    let indicator = Indicator::new(campaign.application_id, kpi_name, range)?;
    Ok(Indicator {
        campaign_id: Some(campaign.id),
        ..indicator
    })
}

/// Reads a KPI of a journey.
pub(crate) async fn of_journey(
    store: &Store,
    application_id: String,
    journey_id: String,
    kpi_name: String,
    range: DateRange,
) -> Result<Indicator, ApiError> {
    let journey: Journey = store
        .read(move |transaction| transaction.get(&application_id, &journey_id))
        .await?;
    let indicator = Indicator::new(journey.application_id, kpi_name, range)?;
    Ok(Indicator {
        journey_id: Some(journey.id),
        ..indicator
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: Timestamp = Timestamp::UNIX_EPOCH;

    #[test]
    fn the_default_range_is_the_last_31_days() {
        let range = DateRange::read(None, None, NOW).unwrap();
        assert_eq!(
            (range.start.to_string(), range.end),
            ("1969-12-01T00:00:00Z".to_owned(), NOW)
        );
        let range = DateRange::read(
            Some("2026-07-01T00:00:00Z"),
            Some("2026-07-02T00:00:00Z"),
            NOW,
        )
        .unwrap();
        assert_eq!(range.end.to_string(), "2026-07-02T00:00:00Z");
    }

    #[test]
    fn invalid_ranges_are_rejected() {
        for (start, end) in [
            (Some("yesterday"), None),
            (None, Some("2026-07-01")),
            (Some("2026-07-02T00:00:00Z"), Some("2026-07-01T00:00:00Z")),
            (Some("2026-07-01T00:00:00Z"), Some("2026-08-01T00:00:01Z")),
            (None, Some("-009999-01-02T01:59:59Z")),
        ] {
            assert!(
                DateRange::read(start, end, NOW).is_err(),
                "{start:?} {end:?}"
            );
        }
    }

    #[test]
    fn an_ungrouped_indicator_has_one_zero() {
        let KpiResult { rows } = measure("successful-delivery-rate").unwrap();
        let values: Vec<_> = rows.iter().flat_map(|row| &row.values).collect();
        assert_eq!(values.len(), 1);
        assert_eq!(
            (values[0].key.as_str(), values[0].value),
            ("SuccessfulDeliveryRate", "0.0")
        );
    }

    #[test]
    fn a_grouped_indicator_has_no_groups() {
        assert_eq!(
            measure("unique-deliveries-grouped-by-date").unwrap(),
            KpiResult { rows: Vec::new() }
        );
    }

    #[test]
    fn invalid_names_of_indicators_are_rejected() {
        for name in [
            "",
            "deliveries",
            "-rate",
            "open-",
            "Open-Rate",
            "open_rate-x",
            "open--rate",
        ] {
            assert!(measure(name).is_err(), "{name}");
        }
    }
}
