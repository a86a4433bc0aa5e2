//! A service that mounts its handlers manually and omits something on each of the marked lines.

mod api;
mod helpers;

use axum::routing::{MethodRouter, any, get, on, post};
use axum::{Router, routing};
use pinpoint_iam::requires;

use crate::api::*;
use api::campaigns::{self, delete_campaign as remove};

#[requires(GetApps)]
async fn get_apps() {}

#[requires(DeleteApp)]
async fn delete_app() {} // declared, not mounted

/// Only called. It must not be mounted.
#[requires(GetApp)]
async fn get_app() {} // declared, not mounted

async fn open() {}

fn app() -> Router {
    let variable = open;
    Router::new()
        .route("/apps", get(get_apps).post(api::create_app)) // `create_app` says nothing
        .route("/campaigns", routing::get(campaigns::get_campaign).delete(remove))
        .route("/open", axum::routing::post(open)) // says nothing
        .route("/glob", any(from_glob)) // says nothing
        .route("/closure", get(|| async { "open" })) // a closure
        .route("/chained", get(get_apps).put(async || "open")) // a closure
        .route("/variable", get(variable)) // cannot be followed
        .route("/foreign", post(other_crate::handler)) // another crate
        .route("/wrapped", post(open.layer(()))) // says nothing
        .route("/made", post(helpers::make())) // cannot be followed
        .route("/filter", on(axum::routing::MethodFilter::GET, super_mounted)) // says nothing
        .route("/method_router", MethodRouter::new().get(open)) // says nothing
        .fallback(not_found) // says nothing
}

async fn super_mounted() {}
async fn not_found() {}

fn main() {
    let _ = app();
    let _ = get_app();
    // Not the `get` of axum.
    let map = std::collections::HashMap::from([(1, 2)]);
    let _ = map.get(&1);
    let _ = [1].iter().any(|one| *one == 1);
}

#[cfg(test)]
mod tests {
    async fn for_tests() {}

    fn router() -> axum::Router {
        axum::Router::new().route("/", axum::routing::get(for_tests))
    }
}
