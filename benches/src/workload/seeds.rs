//! W1: the policies in the seed documents.

use pinpoint_iam::mobiletargeting::{
    App, ApplicationMetrics, Campaign, CreateSegment, DeleteCampaign, DeleteSegment, Endpoint,
    EventStream, GetApp, GetApplicationDateRangeKpi, GetApplicationSettings, GetCampaign,
    GetCampaigns, GetEndpoint, GetJourneyExecutionMetrics, GetReports, GetSegment,
    JourneyExecutionMetrics, PutEventStream, Reports, Segment, UpdateCampaign, UpdateEndpoint,
};
use serde_json::Value;

use super::{Question, Workload};
use crate::Failure;

/// Returns six documents with 8 statements. The policy for full access is used without its statement on everything in
/// the account, because that statement would allow every question.
pub(super) fn w1() -> Result<Workload, Failure> {
    Ok(Workload {
        name: "W1",
        documents: vec![
            include_str!("../../../examples/campaigns/policies/read-only-access.json").to_owned(),
            include_str!("../../../examples/campaigns/policies/all-analytics.json").to_owned(),
            include_str!("../../../examples/campaigns/policies/one-project-analytics.json")
                .to_owned(),
            include_str!("../../../examples/campaigns/policies/one-campaign-analytics.json")
                .to_owned(),
            include_str!("../../../examples/campaigns/policies/one-journey-analytics.json")
                .to_owned(),
            without(
                include_str!("../../../examples/campaigns/policies/full-access.json"),
                "EverythingInTheAccount",
            )?,
        ],
        questions: questions()?,
    })
}

/// Returns the document without the statement `sid`.
fn without(document: &str, sid: &str) -> Result<String, Failure> {
    let mut document: Value = serde_json::from_str(document)?;
    let statements = document
        .get_mut("Statement")
        .and_then(Value::as_array_mut)
        .ok_or("the document has no list of statements")?;
    let before = statements.len();
    statements.retain(|statement| statement.get("Sid").and_then(Value::as_str) != Some(sid));
    if statements.len() + 1 != before {
        return Err(format!("the document has no statement `{sid}`").into());
    }
    Ok(document.to_string())
}

/// Returns questions that are alternately allowed and denied, eight of each.
fn questions() -> Result<Vec<Question>, Failure> {
    let app = |[app]: &[String; 1]| App::new(app);
    let campaign = |[app, id]: &[String; 2]| Campaign::new(app, id);
    let segment = |[app, id]: &[String; 2]| Segment::new(app, id);
    let endpoint = |[app, id]: &[String; 2]| Endpoint::new(app, id);
    let stream = |[app]: &[String; 1]| EventStream::new(app);
    Ok(vec![
        Question::new(GetApp, ["demo"], app)?,
        Question::new(UpdateCampaign, ["demo", "welcome"], campaign)?,
        Question::new(GetCampaign, ["demo", "welcome"], campaign)?,
        Question::new(DeleteCampaign, ["demo", "welcome"], campaign)?,
        Question::new(GetCampaigns, ["demo"], app)?,
        Question::new(CreateSegment, ["demo"], app)?,
        Question::new(GetSegment, ["demo", "everybody"], segment)?,
        Question::new(DeleteSegment, ["demo", "everybody"], segment)?,
        Question::new(GetApplicationSettings, ["shop"], app)?,
        Question::new(UpdateEndpoint, ["demo", "phone"], endpoint)?,
        Question::new(
            GetApplicationDateRangeKpi,
            ["demo", "opens"],
            |[app, kpi]| ApplicationMetrics::new(app, kpi),
        )?,
        Question::new(PutEventStream, ["demo"], stream)?,
        Question::new(
            GetJourneyExecutionMetrics,
            ["demo", "onboarding"],
            |[app, id]| JourneyExecutionMetrics::new(app, id),
        )?,
        Question::new(GetEndpoint, ["demo", "phone"], endpoint)?,
        Question::new(GetReports, [], |[]| Reports::new())?,
        Question::new(UpdateCampaign, ["shop", "spring"], campaign)?,
    ])
}
