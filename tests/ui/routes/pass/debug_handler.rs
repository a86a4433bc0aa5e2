use axum::extract::{Path, State};
use pinpoint_iam::web::axum::Routes;
use pinpoint_iam::{Authorizer, public, requires, routes};

#[requires(GetApp)]
#[axum::debug_handler]
#[tracing::instrument(skip_all)]
async fn get_app(State(_): State<Authorizer>, Path(application_id): Path<String>) -> String {
    application_id
}

#[axum::debug_handler]
#[public("load balancer health check")]
#[tracing::instrument]
async fn health() {}

fn main() {
    let routes: Routes<Authorizer> = routes![get_app, "GET /healthz" => health];
    routes.check().unwrap();
}
