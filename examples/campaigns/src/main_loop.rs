//! The program: from the command line to the exit status.

use std::env;
use std::io::{self, Write as _};
use std::process::ExitCode;

use tracing_subscriber::filter::Targets;
use tracing_subscriber::layer::SubscriberExt as _;
use tracing_subscriber::util::SubscriberInitExt as _;

use crate::arguments::{Command, Framework, OPTIONS};
#[cfg(feature = "actix")]
use crate::on_actix;
#[cfg(feature = "axum")]
use crate::on_axum;

/// The name of the program in its messages.
const NAME: &str = env!("CARGO_PKG_NAME");

/// The exit status for an invalid command line.
const USAGE: u8 = 2;

/// Executes the command line: runs the service until the process is asked to stop, and returns its exit status.
pub async fn run() -> ExitCode {
    let (framework, settings) = match Command::parse(env::args_os().skip(1)) {
        Ok(Command::Serve(framework, settings)) => (framework, settings),
        Ok(Command::Help) => {
            return print(&format!(
                "A small Pinpoint-shaped service whose handlers are guarded by IAM policies.\n\n\
                 Usage: {NAME} [OPTIONS]\n\n{OPTIONS}"
            ));
        }
        Ok(Command::Version) => return print(&format!("{NAME} {}\n", env!("CARGO_PKG_VERSION"))),
        Err(message) => {
            let message = format!("{message}; `{NAME} --help` lists the options");
            return fail(&message, USAGE.into());
        }
    };
    if let Err(message) = start_log() {
        return fail(&message, USAGE.into());
    }
    let served = match framework {
        #[cfg(feature = "axum")]
        Framework::Axum => on_axum::serve(settings).await,
        #[cfg(feature = "actix")]
        Framework::Actix => on_actix::serve(settings).await,
    };
    match served {
        Ok(()) => ExitCode::SUCCESS,
        Err(message) => fail(&message, ExitCode::FAILURE),
    }
}

fn fail(message: &str, status: ExitCode) -> ExitCode {
    // If standard error is closed, the exit status has to suffice.
    let _ = writeln!(io::stderr(), "{NAME}: {message}");
    status
}

/// Sends the log to standard error, with the level in `RUST_LOG`.
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
