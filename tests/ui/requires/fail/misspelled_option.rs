//! A misspelled placeholder is reported once, and not as unbound too.

use axum::extract::Path;
use pinpoint_iam::requires;

#[requires(GetCampaign, campain_id = id)]
async fn get_campaign(Path((application_id, id)): Path<(String, String)>) -> String {
    application_id + &id
}

fn main() {}
