//! A generic function that shadows the public handler with the same name.

use pinpoint_iam::web::axum::Routes;
use pinpoint_iam::{Authorizer, routes};

mod open {
    #[pinpoint_iam::public("load balancer health check")]
    pub async fn health<T: Send + 'static>() {}
}

use open::*;

async fn health<T: Send + 'static>() {}

fn main() {
    let _: Routes<Authorizer> = routes!["GET /healthz" => health::<u8>];
}
