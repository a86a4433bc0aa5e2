//! A state in an `Arc` contains the authorizer of the shared state.

use std::sync::Arc;

use axum::Router;
use axum::extract::{FromRef, Path, State};
use axum::routing::get;
use pinpoint_iam::web::axum::Routes;
use pinpoint_iam::{Authorizer, Permit, requires, routes};
use pinpoint_iam::mobiletargeting::GetApp;

struct AppState {
    authorizer: Authorizer,
    name: String,
}

impl FromRef<AppState> for Authorizer {
    fn from_ref(state: &AppState) -> Self {
        state.authorizer.clone()
    }
}

#[requires(GetApp)]
async fn get_app(
    State(state): State<Arc<AppState>>,
    State(_): State<Authorizer>,
    Path(application_id): Path<String>,
    _: Permit<GetApp>,
) -> String {
    application_id + &state.name
}

fn main() {
    let _: Router<Arc<AppState>> = Router::new().route("/{application-id}", get(get_app));
    let _: Routes<Arc<AppState>> = routes![get_app];
    let _: Routes<Arc<Authorizer>> = routes!["GET /apps/{application-id}" => health];
}

#[requires(GetApp)]
async fn health(Path(application_id): Path<String>) -> String {
    application_id
}
