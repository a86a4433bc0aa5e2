//! A parameter with a similar name is suggested.

use axum::extract::Path;
use pinpoint_iam::requires;

#[requires(GetCampaign)]
async fn get_campaign(Path((application_id, campain_id)): Path<(String, String)>) -> String {
    application_id + &campain_id
}

fn main() {}
