//! A small service in the style of Pinpoint whose handlers are protected by IAM policies.
//!
//! See [`api`] for the handlers with their `#[requires(..)]`, [`routes`] for how they are mounted, [`authentication`]
//! for the source of the principal and [`service`] for the startup. The policies are in `policies/`, and the callers in
//! `callers.toml`. Everything that does not depend on axum is in `campaigns-core`; `campaigns-actix` is the same
//! service on actix-web.

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
