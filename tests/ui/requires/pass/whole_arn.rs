//! A parameter with a complete ARN identifies the resource, of any type.

use axum::Router;
use axum::extract::{Path, Query};
use axum::routing::get;
use pinpoint_iam::mobiletargeting::{App, ListTagsForResource};
use pinpoint_iam::{Authorizer, Permit, requires};

#[requires(ListTagsForResource)]
async fn by_name(Path(resource_arn): Path<String>) -> String {
    resource_arn
}

#[requires(ListTagsForResource, resource_arn = path.to_lowercase(), permit = proof)]
async fn by_expression(Path(path): Path<String>) -> String {
    let proof: &Permit<ListTagsForResource> = &proof;
    proof.arn().to_owned() + &path
}

#[requires(ListTagsForResource, resource = App::new(path)?)]
async fn by_resource(Path(path): Path<String>) -> String {
    path
}

#[requires(UntagResource, request_tags = keys)]
async fn untag(Path(resource_arn): Path<String>, Query(keys): Query<Vec<String>>) -> String {
    resource_arn + &keys.join(",")
}

fn main() {
    let _: Router<Authorizer> = Router::new()
        .route("/1", get(by_name))
        .route("/2", get(by_expression))
        .route("/3", get(by_resource))
        .route("/4", get(untag));
}
