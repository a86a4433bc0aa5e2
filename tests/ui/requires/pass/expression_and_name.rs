//! One placeholder may be bound by an expression and another by its name. The expression takes precedence.

use axum::Router;
use axum::extract::Path;
use axum::routing::get;
use pinpoint_iam::{Authorizer, requires};

#[requires(GetCampaign, campaign_id = campaign_id.to_string())]
async fn get_campaign(Path((application_id, campaign_id)): Path<(String, u64)>) -> String {
    format!("{application_id} {campaign_id}")
}

fn main() {
    let _: Router<Authorizer> = Router::new().route("/", get(get_campaign));
}
