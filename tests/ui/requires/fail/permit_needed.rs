//! A function with a permit parameter cannot be called without a permit, or with that of another action.

use axum::extract::Path;
use pinpoint_iam::mobiletargeting::DeleteCampaign;
use pinpoint_iam::{Permit, requires};

fn delete_rows(proof: &Permit<DeleteCampaign>) -> &str {
    proof.arn()
}

#[requires(GetCampaign, permit = proof)]
async fn get_campaign(Path((application_id, campaign_id)): Path<(String, String)>) -> String {
    delete_rows();
    delete_rows(&proof).to_owned() + &application_id + &campaign_id
}

fn main() {}
