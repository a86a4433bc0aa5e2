//! An id, or a resource, that is only in the body.

use axum::extract::Path;
use axum::routing::post;
use axum::{Json, Router};
use pinpoint_iam::mobiletargeting::Campaign;
use pinpoint_iam::{Authorizer, requires};

#[derive(serde::Deserialize)]
struct Wanted {
    campaign_id: String,
}

#[requires(GetCampaign, campaign_id = wanted.campaign_id)]
async fn by_expression(Path(application_id): Path<String>, Json(wanted): Json<Wanted>) -> String {
    application_id + &wanted.campaign_id
}

#[requires(GetCampaign)]
async fn by_name(
    Path(application_id): Path<String>,
    Json(Wanted { campaign_id }): Json<Wanted>,
) -> String {
    application_id + &campaign_id
}

#[requires(GetCampaign, resource = Campaign::new(app, &wanted.campaign_id)?, permit = proof)]
async fn whole(Path(app): Path<String>, Json(wanted): Json<Wanted>) -> String {
    app + &wanted.campaign_id + proof.arn()
}

#[requires(any(GetApp, GetCampaign))]
async fn one_of_two(
    Path(application_id): Path<String>,
    Json(Wanted { campaign_id }): Json<Wanted>,
) -> String {
    application_id + &campaign_id
}

type Payload = Json<Wanted>;

#[requires(GetCampaign)]
async fn under_another_name(
    Path(application_id): Path<String>,
    Json(Wanted { campaign_id }): Payload,
) -> String {
    application_id + &campaign_id
}

fn main() {
    let _: Router<Authorizer> = Router::new()
        .route("/1", post(by_expression))
        .route("/2", post(by_name))
        .route("/3", post(whole))
        .route("/4", post(one_of_two))
        .route("/5", post(under_another_name));
}
