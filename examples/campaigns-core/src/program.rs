//! The main function of the programs: from the command line to the exit status.

use std::env;
use std::io::{self, Write as _};
use std::path::Path;
use std::process::ExitCode;

use tracing_subscriber::filter::Targets;
use tracing_subscriber::layer::SubscriberExt as _;
use tracing_subscriber::util::SubscriberInitExt as _;

use crate::arguments::{Command, OPTIONS, Settings};

/// The exit status for an invalid command line.
const USAGE: u8 = 2;

/// One of the programs.
#[derive(Clone, Copy, Debug)]
pub struct Program {
    /// Its name.
    pub name: &'static str,
    /// Its version.
    pub version: &'static str,
    /// The directory of its manifest, which also contains the database unless the command line specifies another
    /// directory.
    pub directory: &'static str,
}

impl Program {
    /// Executes the command line. `serve` runs the service until the process is asked to stop, or returns an error of
    /// one line.
    pub async fn run(&self, serve: impl AsyncFnOnce(Settings) -> Result<(), String>) -> ExitCode {
        let Self {
            name,
            version,
            directory,
        } = self;
        let settings = match Command::parse(Path::new(directory), env::args_os().skip(1)) {
            Ok(Command::Serve(settings)) => settings,
            Ok(Command::Help) => {
                return print(&format!(
                    "A small Pinpoint-shaped service whose handlers are guarded by IAM policies.\n\n\
                     Usage: {name} [OPTIONS]\n\n{OPTIONS}"
                ));
            }
            Ok(Command::Version) => return print(&format!("{name} {version}\n")),
            Err(message) => {
                return self.fail(
                    &format!("{message}; `{name} --help` lists the options"),
                    USAGE.into(),
                );
            }
        };
        if let Err(message) = start_log() {
            return self.fail(&message, USAGE.into());
        }
        match serve(settings).await {
            Ok(()) => ExitCode::SUCCESS,
            Err(message) => self.fail(&message, ExitCode::FAILURE),
        }
    }

    fn fail(&self, message: &str, status: ExitCode) -> ExitCode {
        // If standard error is closed, the exit status has to suffice.
        let _ = writeln!(io::stderr(), "{}: {message}", self.name);
        status
    }
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
