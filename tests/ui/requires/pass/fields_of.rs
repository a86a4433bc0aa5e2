//! Fields of a value fill the placeholders for which there is no argument and no parameter.

use axum::Json;
use axum::extract::Path;
use pinpoint_iam::{Denied, Guard, requires};

#[derive(serde::Deserialize)]
struct Ids {
    application_id: String,
    campaign_id: u64,
}

#[requires(GetCampaign, fields_of = ids)]
async fn get_campaign(Path(ids): Path<Ids>) -> String {
    format!("{} of {}", ids.campaign_id, ids.application_id)
}

/// A parameter and an argument come first.
#[requires(all(GetCampaign(campaign_id = "c1"), GetApp), fields_of = ids)]
async fn get_both(Path(application_id): Path<String>, Json(ids): Json<Ids>) -> String {
    format!("{application_id} {}", ids.campaign_id)
}

#[requires(DeleteCampaign, guard = guard, fields_of = ids)]
fn purge(guard: &Guard<'_>, ids: &Ids) -> Result<(), Denied> {
    let _ = ids;
    Ok(())
}

fn main() {}
