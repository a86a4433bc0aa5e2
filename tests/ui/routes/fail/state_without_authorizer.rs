use std::sync::Arc;

use axum::extract::Path;
use pinpoint_iam::web::axum::Routes;
use pinpoint_iam::{public, requires, routes};

#[derive(Clone)]
struct AppState;

#[requires(GetApp)]
async fn get_app(Path(application_id): Path<String>) -> String {
    application_id
}

#[public("load balancer health check")]
async fn health() {}

fn main() {
    let _: Routes<()> = routes!["GET /healthz" => health, get_app];
    let _ = routes![get_app].with_state(AppState);
    let _ = routes![get_app].with_state(Arc::new(AppState));
}
