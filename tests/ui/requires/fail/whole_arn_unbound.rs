//! An action whose resource is identified by a complete ARN needs that ARN, or a typed resource.

use axum::extract::Path;
use pinpoint_iam::requires;

#[requires(ListTagsForResource)]
async fn list_tags(Path(arn): Path<String>) -> String {
    arn
}

#[requires(ListTagsForResource, application_id = arn)]
async fn by_placeholder(Path(arn): Path<String>) -> String {
    arn
}

fn main() {}
