//! All resource types that the action acts on are listed.

use axum::extract::Path;
use pinpoint_iam::mobiletargeting::Endpoint;
use pinpoint_iam::requires;

#[requires(ListTagsForResource, resource = Endpoint::new(application_id, endpoint_id)?)]
async fn list_tags(Path((application_id, endpoint_id)): Path<(String, String)>) -> String {
    application_id + &endpoint_id
}

fn main() {}
