//! A second attribute with another name is not merged with the first, and a handler can have only one check.

use axum::extract::Path;
use pinpoint_iam::{requires, requires as guarded};

#[requires(GetCampaign)]
#[guarded(DeleteCampaign)]
async fn get_campaign(Path((application_id, campaign_id)): Path<(String, String)>) -> String {
    application_id + &campaign_id
}

fn main() {}
