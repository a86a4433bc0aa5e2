//! An action on several resource types accepts any of them.

use axum::Router;
use axum::extract::Path;
use axum::routing::get;
use pinpoint_iam::mobiletargeting::{App, Segment};
use pinpoint_iam::{Authorizer, requires};

#[requires(ListTagsForResource, resource = App::new(application_id)?)]
async fn list_app_tags(Path(application_id): Path<String>) -> String {
    application_id
}

#[requires(ListTagsForResource, resource = Segment::new(app, id)?)]
async fn list_segment_tags(Path((app, id)): Path<(String, String)>) -> String {
    format!("{app} {id}")
}

fn main() {
    let _: Router<Authorizer> = Router::new()
        .route("/app", get(list_app_tags))
        .route("/segment", get(list_segment_tags));
}
