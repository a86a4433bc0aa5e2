//! The program `campaigns`; see the library for its parts.

use std::process::ExitCode;

#[tokio::main]
async fn main() -> ExitCode {
    campaigns::run().await
}
