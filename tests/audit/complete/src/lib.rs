//! A service that mounts its handlers manually, without an omission.

#[path = "elsewhere/handlers.rs"]
mod handlers;

mod inline {
    pub mod deep {
        #[pinpoint_iam::requires(GetApp)]
        pub async fn get_app() {}
    }
}

#[cfg(feature = "absent")]
mod absent;

use axum::Router;
use axum::routing::*;
use pinpoint_iam::routes;

#[pinpoint_iam::public("says that nothing is here")]
async fn not_found() {}

#[pinpoint_iam::requires(GetApps)]
async fn get_apps<T>() {}

#[pinpoint_iam::requires(CreateApp)]
async fn create_app() {}

#[pinpoint_iam::requires(DeleteApp)]
async fn delete_app() {}

pub fn app() -> Router {
    let list = routes![create_app, "GET /healthz" => handlers::health];
    Router::new()
        .route("/apps", get(get_apps::<u8>))
        .route("/app", get(self::inline::deep::get_app).delete(guarded!(at delete_app)))
        .fallback(not_found)
        .merge(list.router().unwrap())
}
