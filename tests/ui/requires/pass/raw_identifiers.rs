//! Raw identifiers are treated as their names without `r#`.

use axum::Router;
use axum::extract::Path;
use axum::routing::get;
use pinpoint_iam::{Authorizer, requires};

#[requires(GetCampaign, r#campaign_id = r#type)]
async fn r#match(Path((r#application_id, r#type)): Path<(String, String)>) -> String {
    format!("{application_id} {type}", type = r#type)
}

fn main() {
    let _: Router<Authorizer> = Router::new().route("/", get(r#match));
}
