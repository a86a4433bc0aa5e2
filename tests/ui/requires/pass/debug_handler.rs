//! `debug_handler` below accepts the hidden parameter.

use axum::extract::{Path, State};
use axum::routing::get;
use axum::{Json, Router};
use pinpoint_iam::{Authorizer, requires};

#[requires(GetApp)]
#[axum::debug_handler]
async fn get_app(
    State(_authorizer): State<Authorizer>,
    Path(application_id): Path<String>,
) -> String {
    application_id
}

/// Without a `State` among the parameters, `debug_handler` needs the type of the state.
#[requires(DeleteApp)]
#[axum::debug_handler(state = Authorizer)]
async fn delete_app(Path(application_id): Path<String>, Json(_): Json<String>) -> String {
    application_id
}

fn main() {
    let _: Router<Authorizer> = Router::new().route("/", get(get_app).delete(delete_app));
}
