//! A name inside a format string counts as mentioned.

use axum::Router;
use axum::extract::Path;
use axum::routing::get;
use pinpoint_iam::{Authorizer, requires};

#[requires(GetCampaign, campaign_id = format!("{number}"))]
async fn get_campaign(Path((application_id, number)): Path<(String, u64)>) -> String {
    format!("{application_id} {number}")
}

fn main() {
    let _: Router<Authorizer> = Router::new().route("/", get(get_campaign));
}
