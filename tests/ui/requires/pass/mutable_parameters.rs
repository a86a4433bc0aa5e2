//! A handler may bind its parameters with `mut` and `ref`.

use axum::Router;
use axum::extract::Path;
use axum::routing::get;
use pinpoint_iam::{Authorizer, requires};

#[requires(GetCampaign)]
async fn get_campaign(
    Path((mut application_id, ref campaign_id)): Path<(String, String)>,
) -> String {
    application_id.push_str(campaign_id);
    application_id
}

fn main() {
    let _: Router<Authorizer> = Router::new().route("/", get(get_campaign));
}
