//! After an error, the handler still exists, so there are no follow-up errors.

use axum::Router;
use axum::extract::Path;
use axum::routing::get;
use pinpoint_iam::{Authorizer, requires};

#[requires(GetCampagin)]
async fn get_campaign(Path((application_id, campaign_id)): Path<(String, String)>) -> String {
    application_id + &campaign_id
}

fn main() {
    let _: Router<Authorizer> = Router::new().route("/", get(get_campaign));
}
