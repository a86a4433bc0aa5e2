//! A resource of a type that the action does not act on.

use axum::extract::Path;
use pinpoint_iam::mobiletargeting::Segment;
use pinpoint_iam::requires;

#[requires(GetCampaign, resource = Segment::new(application_id, segment_id)?)]
async fn get_campaign(Path((application_id, segment_id)): Path<(String, String)>) -> String {
    application_id + &segment_id
}

fn main() {}
