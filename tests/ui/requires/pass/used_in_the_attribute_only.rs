//! A parameter that only the attribute uses is not unused.
#![deny(warnings)]

use axum::Json;
use axum::extract::{Path, Query};
use pinpoint_iam::requires;

#[derive(serde::Deserialize)]
struct Wanted {
    campaign: String,
}

#[derive(serde::Deserialize)]
struct Body {
    id: String,
}

#[requires(GetCampaign)]
async fn by_name(Path((application_id, campaign_id)): Path<(String, String)>) {}

#[requires(GetCampaign, campaign_id = query.campaign)]
async fn in_an_expression(Path(mut application_id): Path<String>, Query(query): Query<Wanted>) {
    #![allow(clippy::unit_arg)]
    application_id.clear();
}

#[requires(GetCampaign, campaign_id = body.id)]
async fn in_the_body(Path(application_id): Path<String>, Json(body): Json<Body>) {}

fn main() {
    let _ = (by_name, in_an_expression, in_the_body);
}
