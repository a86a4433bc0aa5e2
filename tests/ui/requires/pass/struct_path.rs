//! Fields of a destructured struct bind by their names, or by their names in the pattern.

use axum::Router;
use axum::extract::Path;
use axum::routing::get;
use pinpoint_iam::{Authorizer, requires};

#[derive(serde::Deserialize)]
struct CampaignPath {
    application: String,
    campaign_id: String,
    page: String,
    size: String,
}

#[requires(GetCampaign)]
async fn get_campaign(
    Path(CampaignPath {
        application: application_id,
        campaign_id,
        page,
        ..
    }): Path<CampaignPath>,
) -> String {
    format!("{application_id} {campaign_id} {page}")
}

fn main() {
    let _: Router<Authorizer> = Router::new().route("/", get(get_campaign));
}
