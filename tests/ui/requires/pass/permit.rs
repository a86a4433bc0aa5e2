//! The handler receives a permit, and passes it to functions that cannot be called without it.

use axum::extract::Path;
use axum::routing::{delete, put};
use axum::{Json, Router};
use pinpoint_iam::mobiletargeting::{Campaign, DeleteCampaign, GetCampaign, UpdateCampaign};
use pinpoint_iam::{Authorizer, Permit, requires};

fn delete_rows(proof: &Permit<DeleteCampaign>) -> String {
    proof.arn().to_owned()
}

#[requires(DeleteCampaign, permit = proof)]
#[axum::debug_handler(state = Authorizer)]
async fn delete_campaign(Path((application_id, campaign_id)): Path<(String, String)>) -> String {
    delete_rows(&proof) + &application_id + &campaign_id
}

#[requires(all(GetCampaign, DeleteCampaign), permit = (read, write))]
#[tracing::instrument]
async fn both(Path((application_id, campaign_id)): Path<(String, String)>) -> String {
    let _: Permit<GetCampaign> = read;
    delete_rows(&write) + &application_id + &campaign_id
}

#[requires(DeleteCampaign, resource = Campaign::new(app, id)?, permit = proof)]
async fn of_a_resource(Path((app, id)): Path<(String, String)>) -> String {
    delete_rows(&proof) + &app + &id
}

#[requires(UpdateCampaign, request_tags = body, permit = proof)]
#[axum::debug_handler(state = Authorizer)]
async fn behind_the_body(
    Path((application_id, campaign_id)): Path<(String, String)>,
    Json(mut body): Json<Vec<String>>,
) -> String {
    let proof: Permit<UpdateCampaign> = proof;
    body.push(application_id + &campaign_id);
    body.join(proof.arn())
}

fn main() {
    let _: Router<Authorizer> = Router::new()
        .route("/1", delete(delete_campaign))
        .route("/2", delete(both))
        .route("/3", delete(of_a_resource))
        .route("/4", put(behind_the_body));
}
