//! A second attribute under another name is not gathered, and there is room for one check.

use axum::extract::Path;
use pinpoint_iam::{requires, requires as guarded};

#[requires(GetCampaign)]
#[guarded(DeleteCampaign)]
async fn get_campaign(Path((application_id, campaign_id)): Path<(String, String)>) -> String {
    application_id + &campaign_id
}

fn main() {}
