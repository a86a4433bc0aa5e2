//! Parameters may have the names that the expansion uses itself.

use axum::Router;
use axum::extract::Path;
use axum::routing::get;
use pinpoint_iam::mobiletargeting::Campaign;
use pinpoint_iam::resource::InvalidId;
use pinpoint_iam::{Authorizer, requires};

#[requires(GetCampaign, application_id = guard, campaign_id = format!("{parameters}{resource}"))]
async fn get_campaign(
    Path((guard, parameters, resource)): Path<(String, String, String)>,
) -> String {
    format!("{guard} {parameters} {resource}")
}

#[requires(DeleteCampaign, resource = guard(resource, parameters)?)]
async fn delete_campaign(Path((resource, parameters)): Path<(String, String)>) -> String {
    format!("{parameters} {resource}")
}

fn guard(application_id: &str, campaign_id: &str) -> Result<Campaign, InvalidId> {
    Campaign::new(application_id, campaign_id)
}

fn main() {
    let _: Router<Authorizer> = Router::new().route("/", get(get_campaign).delete(delete_campaign));
}
