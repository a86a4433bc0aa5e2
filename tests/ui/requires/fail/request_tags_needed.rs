//! Policies may depend on the tags of a request, so an action that accepts tags needs `request_tags`.

use axum::Json;
use axum::extract::Path;
use pinpoint_iam::requires;

#[requires(CreateCampaign)]
async fn create_campaign(Path(application_id): Path<String>, Json(body): Json<String>) -> String {
    application_id + &body
}

#[requires(all(GetApp, UpdateJourney), request_tag = none)]
async fn update_journey(Path((application_id, journey_id)): Path<(String, String)>) -> String {
    application_id + &journey_id
}

#[requires(all(GetApp, UpdateJourneyState))]
async fn update_state(Path((application_id, journey_id)): Path<(String, String)>) -> String {
    application_id + &journey_id
}

fn main() {}
