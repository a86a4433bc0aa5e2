use axum::Json;
use axum::extract::Path;
use pinpoint_iam::mobiletargeting::{Campaign, DeleteCampaign};
use pinpoint_iam::{Denied, Guard, Permit, requires};

#[derive(serde::Deserialize)]
struct Ids {
    ids: Vec<u64>,
}

#[requires(each(DeleteCampaign(campaign_id = body.ids)))]
async fn delete_all(Path(application_id): Path<String>, Json(body): Json<Ids>) {
    drop((application_id, body.ids));
}

#[requires(all(GetApp, each_allowed(DeleteCampaign(campaign_id = body.ids))), permit = (_, permits))]
async fn delete_allowed(Path(application_id): Path<String>, Json(body): Json<Ids>) -> usize {
    drop((application_id, body.ids));
    let permits: Vec<Permit<DeleteCampaign>> = permits;
    permits.len()
}

#[requires(each_until_denied(DeleteCampaign(campaign_id = body.ids)), permit = permits)]
async fn delete_in_order(Path(application_id): Path<String>, Json(body): Json<Ids>) -> usize {
    drop((application_id, body.ids));
    let permits: Vec<Permit<DeleteCampaign>> = permits;
    permits.len()
}

#[requires(each(DeleteCampaign(resource = campaigns)), guard = guard)]
fn purge(guard: &Guard<'_>, campaigns: Vec<Campaign>) -> Result<(), Denied> {
    drop(campaigns);
    Ok(())
}

fn main() {
    let _ = (delete_all, delete_allowed, delete_in_order, purge);
}
