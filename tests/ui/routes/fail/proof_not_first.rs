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
}

use guarded::*;

async fn get_app(Path(_): Path<String>, _: Authorized<get_app, (Path<String>,)>) {}

fn main() {
    let _: Routes<Authorizer> = routes![get_app];
}
