//! The command line.

use std::ffi::OsString;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};

use lexopt::{Arg, ValueExt};

/// The output of `--help` below the usage line.
pub(crate) const OPTIONS: &str = "\
Options:
      --listen ADDRESS:PORT  Where to listen; port 0 picks a free one [default: 127.0.0.1:8080]
      --data DIRECTORY       Where the database is kept; created if missing [default: data beside the manifest]
      --config FILE          The callers with their tokens and principals [default: examples/campaigns/callers.toml]
      --policies DIRECTORY   The policy documents [default: examples/campaigns/policies]
  -h, --help                 Print this help
  -V, --version              Print the version

The environment variable RUST_LOG sets what is logged to standard error, for example `RUST_LOG=debug`.
";

/// The command that the command line selects.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Command {
    /// Run the service.
    Serve(Settings),
    /// Print the help.
    Help,
    /// Print the version.
    Version,
}

/// The address of the service and the paths of its files.
#[derive(Debug, PartialEq, Eq)]
pub struct Settings {
    /// The address and port to listen on.
    pub listen: SocketAddr,
    /// The directory of the database.
    pub data: PathBuf,
    /// The file that lists the callers.
    pub config: PathBuf,
    /// The directory of the policy documents.
    pub policies: PathBuf,
}

impl Settings {
    /// Returns the default settings of a program whose manifest is in `directory`, so that `cargo run` works from every
    /// directory of the workspace.
    pub(crate) fn of(directory: &Path) -> Self {
        let demo = Path::new(env!("CARGO_MANIFEST_DIR")).with_file_name("campaigns");
        Self {
            listen: SocketAddr::from(([127, 0, 0, 1], 8080)),
            data: directory.join("data"),
            config: demo.join("callers.toml"),
            policies: demo.join("policies"),
        }
    }
}

impl Command {
    /// Parses the arguments, without the program's name, of the program whose manifest is in `directory`.
    ///
    /// # Errors
    ///
    /// One line that names the invalid argument.
    pub(crate) fn parse(
        directory: &Path,
        arguments: impl IntoIterator<Item = OsString>,
    ) -> Result<Self, String> {
        let mut parser = lexopt::Parser::from_args(arguments);
        let mut settings = Settings::of(directory);
        let text = |error: lexopt::Error| error.to_string();
        while let Some(argument) = parser.next().map_err(text)? {
            match argument {
                Arg::Long("listen") => {
                    let value = parser.value().and_then(ValueExt::string).map_err(text)?;
                    settings.listen = value.parse().map_err(|_| {
                        format!("`--listen` takes an address and a port such as `127.0.0.1:8080`, not `{value}`")
                    })?;
                }
                Arg::Long("data") => settings.data = parser.value().map_err(text)?.into(),
                Arg::Long("config") => settings.config = parser.value().map_err(text)?.into(),
                Arg::Long("policies") => settings.policies = parser.value().map_err(text)?.into(),
                Arg::Short('h') | Arg::Long("help") => return Ok(Self::Help),
                Arg::Short('V') | Arg::Long("version") => return Ok(Self::Version),
                other => return Err(text(other.unexpected())),
            }
        }
        Ok(Self::Serve(settings))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(arguments: &[&str]) -> Result<Command, String> {
        Command::parse(Path::new("here"), arguments.iter().map(OsString::from))
    }

    #[test]
    fn no_arguments_mean_the_defaults() {
        assert_eq!(
            parse(&[]),
            Ok(Command::Serve(Settings::of(Path::new("here"))))
        );
    }

    #[test]
    fn every_option_is_read() {
        let expected = Settings {
            listen: SocketAddr::from(([127, 0, 0, 1], 0)),
            data: PathBuf::from("d"),
            config: PathBuf::from("c.toml"),
            policies: PathBuf::from("p"),
        };
        let arguments = [
            "--listen",
            "127.0.0.1:0",
            "--data=d",
            "--config",
            "c.toml",
            "--policies",
            "p",
        ];
        assert_eq!(parse(&arguments), Ok(Command::Serve(expected)));
    }

    #[test]
    fn help_and_version_have_both_spellings() {
        assert_eq!(parse(&["--help"]), Ok(Command::Help));
        assert_eq!(parse(&["-h"]), Ok(Command::Help));
        assert_eq!(parse(&["--version"]), Ok(Command::Version));
        assert_eq!(parse(&["-V"]), Ok(Command::Version));
    }

    #[test]
    fn unknown_arguments_are_reported() {
        for (arguments, named) in [
            (&["--lisen", "127.0.0.1:0"][..], "--lisen"),
            (&["extra"], "extra"),
            (&["--listen"], "--listen"),
            (&["--listen", "localhost"], "localhost"),
            (&["--listen", "127.0.0.1:65536"], "65536"),
        ] {
            let error = parse(arguments).expect_err("must be rejected");
            assert!(error.contains(named), "{error}");
        }
    }
}
