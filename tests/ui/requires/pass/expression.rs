//! An expression in the attribute binds a placeholder.

use axum::Router;
use axum::extract::Path;
use axum::routing::get;
use pinpoint_iam::{Authorizer, requires};

#[derive(serde::Deserialize)]
struct CampaignPath {
    app: String,
    id: u64,
}

#[requires(GetCampaign, application_id = path.app, campaign_id = format!("c{}", path.id))]
async fn get_campaign(Path(path): Path<CampaignPath>) -> String {
    format!("{} {}", path.app, path.id)
}

fn main() {
    let _: Router<Authorizer> = Router::new().route("/", get(get_campaign));
}
