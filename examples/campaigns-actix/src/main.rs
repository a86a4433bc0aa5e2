//! The campaigns service on actix-web: the same routes, callers, policies and responses as `campaigns`, which uses
//! axum.
//!
//! See [`api`] for the handlers with their `#[requires(..)]`, [`routes`] for how they are mounted, [`authentication`]
//! for the source of the principal and [`service`] for the startup. Everything that does not depend on actix-web is in
//! `campaigns-core`.

mod api;
mod authentication;
mod log;
mod routes;
mod service;

use std::process::ExitCode;

use campaigns_core::Program;

const PROGRAM: Program = Program {
    name: env!("CARGO_PKG_NAME"),
    version: env!("CARGO_PKG_VERSION"),
    directory: env!("CARGO_MANIFEST_DIR"),
};

#[tokio::main]
async fn main() -> ExitCode {
    PROGRAM.run(service::run).await
}
