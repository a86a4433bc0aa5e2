use pinpoint_iam::web::axum::Routes;
use pinpoint_iam::{Authorizer, routes};

fn main() {
    let _: Routes<Authorizer> = routes!["GET /healthz" => || async { "healthy" }];
}
