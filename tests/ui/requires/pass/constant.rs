//! An expression need not mention a parameter.

use axum::Router;
use axum::extract::Path;
use axum::routing::get;
use pinpoint_iam::{Authorizer, requires};

const APPLICATION: &str = "a1";

#[requires(GetCampaign, application_id = APPLICATION)]
async fn get_campaign(Path(campaign_id): Path<String>) -> String {
    campaign_id
}

fn main() {
    let _: Router<Authorizer> = Router::new().route("/", get(get_campaign));
}
