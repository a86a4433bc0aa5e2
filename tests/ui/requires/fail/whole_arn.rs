//! An action that is told its resource by a whole ARN needs a typed resource.

use axum::extract::Path;
use pinpoint_iam::requires;

#[requires(ListTagsForResource)]
async fn list_tags(Path(resource_arn): Path<String>) -> String {
    resource_arn
}

fn main() {}
