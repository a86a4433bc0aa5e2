//! An actix-web service that mounts its handlers manually.

use actix_web::web::{self, ServiceConfig};
use pinpoint_iam::web::actix::guarded;
use pinpoint_iam::{public, requires};

#[requires(GetApps)]
async fn get_apps() {}

#[requires(GetApp)]
async fn get_app() {}

#[actix_web::get("/healthz")]
#[public("load balancer health check")]
async fn health() {}

#[actix_web::get("/open")]
async fn open() {}

async fn unguarded() {}

pub fn configure(config: &mut ServiceConfig) {
    config
        .route("/apps", web::get().to(get_apps))
        .service(web::resource("/app").route(web::get().to(guarded(get_app))))
        .service(health)
        .service(open) // says nothing
        .service(web::resource("/unguarded").to(unguarded)) // says nothing
        .route("/closure", web::post().to(|| async { "open" })) // a closure
        .default_service(web::to(unguarded)); // says nothing
}
