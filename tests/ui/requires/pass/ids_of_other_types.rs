//! Numbers, newtypes and optional ids fill placeholders without conversion.
#![deny(warnings)]

use std::fmt;

use axum::Router;
use axum::extract::{Path, Query};
use axum::routing::get;
use pinpoint_iam::{Authorizer, Denied, Guard, requires};

#[derive(serde::Deserialize)]
struct CampaignId(u64);

impl fmt::Display for CampaignId {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "campaign-{}", self.0)
    }
}

/// A text that `Display` does not show. The id is the text itself.
#[derive(serde::Deserialize)]
struct Secret(String);

impl AsRef<str> for Secret {
    fn as_ref(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for Secret {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("..")
    }
}

#[derive(serde::Deserialize)]
struct Wanted {
    campaign: Option<u64>,
}

#[requires(GetCampaign)]
async fn numbers(Path((application_id, campaign_id)): Path<(u64, u128)>) -> String {
    format!("{application_id} {campaign_id}")
}

#[requires(GetCampaign)]
async fn newtypes(Path((application_id, campaign_id)): Path<(Secret, CampaignId)>) -> String {
    format!("{application_id} {campaign_id}")
}

#[requires(GetCampaign, campaign_id = campaign_id + 1)]
async fn expression(Path((application_id, campaign_id)): Path<(Box<str>, u64)>) -> String {
    format!("{application_id} {campaign_id}")
}

#[requires(GetCampaign, campaign_id = query.campaign.ok_or_else(Denied::unreadable)?)]
async fn optional(Path(application_id): Path<String>, Query(query): Query<Wanted>) -> String {
    format!("{application_id} {:?}", query.campaign)
}

#[requires(GetCampaign, guard = cx)]
fn function(cx: &Guard<'_>, application_id: impl AsRef<str>, campaign_id: impl fmt::Display) -> Result<(), Denied> {
    Ok(())
}

fn main() {
    let _: Router<Authorizer> = Router::new()
        .route("/a", get(numbers))
        .route("/b", get(newtypes))
        .route("/c", get(expression))
        .route("/d", get(optional));
    let _ = |cx: &Guard<'_>| function(cx, "a1", 1);
}
