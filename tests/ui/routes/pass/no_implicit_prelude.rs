#![no_implicit_prelude]

use ::pinpoint_iam::{public, requires, routes};

#[requires(GetApps)]
async fn get_apps() {}

#[public("load balancer health check")]
async fn health() {}

fn main() {
    let routes: ::pinpoint_iam::web::axum::Routes<::pinpoint_iam::Authorizer> =
        routes![get_apps, "GET /healthz" => health];
    ::std::assert!(routes.check().is_ok());
}
