//! A small Pinpoint-shaped service whose handlers are guarded by IAM policies.
//!
//! Read [`api`] for the handlers with their `#[requires(..)]`, [`routes`] for how they are mounted, [`authentication`]
//! for where the principal comes from and [`service`] for how it all starts. The policies are in `policies/`, the callers
//! in `callers.toml`.

mod announcement;
mod api;
mod arguments;
mod authentication;
mod callers;
mod clock;
mod deployment;
mod identifier;
mod log;
mod routes;
mod service;
mod shutdown;
mod store;

use std::env;
use std::io::{self, Write as _};
use std::process::ExitCode;

use tracing_subscriber::filter::Targets;
use tracing_subscriber::layer::SubscriberExt as _;
use tracing_subscriber::util::SubscriberInitExt as _;

use crate::arguments::{Command, HELP};

/// The exit status of a command line that was not understood.
const USAGE: u8 = 2;

#[tokio::main]
async fn main() -> ExitCode {
    let settings = match Command::parse(env::args_os().skip(1)) {
        Ok(Command::Serve(settings)) => settings,
        Ok(Command::Help) => return print(HELP),
        Ok(Command::Version) => {
            return print(concat!(
                env!("CARGO_PKG_NAME"),
                " ",
                env!("CARGO_PKG_VERSION"),
                "\n"
            ));
        }
        Err(message) => {
            return fail(
                &format!("{message}; `campaigns --help` lists the options"),
                USAGE.into(),
            );
        }
    };
    if let Err(message) = start_log() {
        return fail(&message, USAGE.into());
    }
    match service::run(settings).await {
        Ok(()) => ExitCode::SUCCESS,
        Err(message) => fail(&message, ExitCode::FAILURE),
    }
}

/// Sends the log to standard error, with the level that `RUST_LOG` asks for.
fn start_log() -> Result<(), String> {
    let filter = env::var("RUST_LOG").unwrap_or_else(|_| "info".to_owned());
    let filter: Targets = filter
        .parse()
        .map_err(|error| format!("RUST_LOG is `{filter}`: {error}"))?;
    let lines = tracing_subscriber::fmt::layer().with_writer(io::stderr);
    tracing_subscriber::registry()
        .with(lines)
        .with(filter)
        .init();
    Ok(())
}

fn print(text: &str) -> ExitCode {
    match io::stdout().write_all(text.as_bytes()) {
        Ok(()) => ExitCode::SUCCESS,
        Err(_) => ExitCode::FAILURE,
    }
}

fn fail(message: &str, status: ExitCode) -> ExitCode {
    // Where nobody reads standard error, the exit status has to do.
    let _ = writeln!(io::stderr(), "campaigns: {message}");
    status
}
