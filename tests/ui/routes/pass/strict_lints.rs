//! The generated code does not need a lint to be disabled.
#![deny(warnings, missing_docs, unused_qualifications, unreachable_pub)]

use axum::extract::{Path, State};
use pinpoint_iam::web::axum::Routes;
use pinpoint_iam::{Authorizer, public, requires, routes};

/// Reads an application.
#[requires(GetApp)]
pub async fn get_app(State(_): State<Authorizer>, Path(application_id): Path<String>) -> String {
    application_id
}

/// Returns whether the service is available.
#[public("load balancer health check")]
pub async fn health() {}

/// The routes.
pub fn app() -> Routes<Authorizer> {
    routes![get_app, "GET /healthz" => health]
}

fn main() {
    app().check().unwrap();
}
