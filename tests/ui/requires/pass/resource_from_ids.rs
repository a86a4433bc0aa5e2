//! A resource that the attribute creates. `?` rejects the request if an id is invalid.

use axum::Router;
use axum::extract::Path;
use axum::routing::get;
use pinpoint_iam::mobiletargeting::Campaign;
use pinpoint_iam::{Authorizer, requires};

#[requires(GetCampaign, resource = Campaign::new(app, id)?)]
async fn get_campaign(Path((app, id)): Path<(String, String)>) -> String {
    format!("{app} {id}")
}

fn main() {
    let _: Router<Authorizer> = Router::new().route("/", get(get_campaign));
}
