use axum::extract::Path;
use pinpoint_iam::web::Authorized;
use pinpoint_iam::web::axum::Routes;
use pinpoint_iam::{Authorizer, routes};

mod guarded {
    use axum::extract::Path;

    #[pinpoint_iam::requires(GetApp)]
    pub async fn get_app(Path(application_id): Path<String>) -> String {
        application_id
    }

    #[pinpoint_iam::requires(DeleteApp)]
    pub async fn delete_app(Path(application_id): Path<String>) -> String {
        application_id
    }
}

use guarded::*;

async fn delete_app(_: Authorized<get_app, (Path<String>,)>) {}

fn main() {
    let _: Routes<Authorizer> = routes![delete_app];
}
