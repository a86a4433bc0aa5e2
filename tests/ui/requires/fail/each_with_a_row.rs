use axum::Json;
use axum::extract::Path;
use pinpoint_iam::guard::{KeyedRow, Tags};
use pinpoint_iam::mobiletargeting::{Campaign, CampaignKeys};
use pinpoint_iam::requires;
use pinpoint_iam::resource::InvalidId;

#[derive(serde::Deserialize)]
struct Body {
    ids: Vec<String>,
}

impl KeyedRow for Body {
    type Resource = Campaign;

    fn resource(&self) -> Result<Campaign, InvalidId> {
        Campaign::new("a1", "c1")
    }

    fn keys(&self) -> CampaignKeys {
        CampaignKeys { tags: Tags::new() }
    }
}

#[requires(each(DeleteCampaign(campaign_id = body.ids)), keys = body)]
async fn after_it(Path(application_id): Path<String>, Json(body): Json<Body>) {
    drop((application_id, body));
}

#[requires(each_allowed(DeleteCampaign(campaign_id = body.ids, keys = body)), permit = permits)]
async fn inside(Path(application_id): Path<String>, Json(body): Json<Body>) {
    drop((application_id, body, permits));
}

#[requires(all(GetApp, each(DeleteCampaign(campaign_id = body.ids))), keys = body)]
async fn shared(Path(application_id): Path<String>, Json(body): Json<Body>) {
    drop((application_id, body));
}

fn main() {}
