//! A small Pinpoint-shaped service whose handlers are guarded by IAM policies.
//!
//! Read [`api`] for the handlers with their `#[requires(..)]`, [`routes`] for how they are mounted, [`authentication`]
//! for where the principal comes from and [`service`] for how it all starts. The policies are in `policies/`, the callers
//! in `callers.toml`. What has nothing to do with axum stands in `campaigns-core`; `campaigns-actix` is the same service
//! on actix-web.

mod api;
mod authentication;
#[cfg(test)]
mod documents;
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
