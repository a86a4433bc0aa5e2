#![deny(unused_must_use)]

use pinpoint_iam::{Authorizer, public, routes};

#[public("load balancer health check")]
async fn health() {}

fn main() {
    routes!["GET /healthz" => health].merge(pinpoint_iam::web::axum::Routes::<Authorizer>::new());
}
