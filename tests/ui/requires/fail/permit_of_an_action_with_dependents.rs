//! The extractor of a permit cannot check dependent actions.

use axum::Router;
use axum::extract::Path;
use axum::routing::post;
use pinpoint_iam::mobiletargeting::CreateExportJob;
use pinpoint_iam::{Authorizer, Permit, requires};

async fn export(_: Permit<CreateExportJob>) {}

#[requires(CreateExportJob, dependents = none, permit = permit)]
async fn by_the_attribute(Path(application_id): Path<String>) -> String {
    permit.arn().to_owned() + &application_id
}

fn main() {
    let _: Router<Authorizer> = Router::new()
        .route("/1", post(export))
        .route("/2", post(by_the_attribute));
}
