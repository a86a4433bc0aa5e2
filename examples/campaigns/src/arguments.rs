//! The command line.

use std::ffi::OsString;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};

use lexopt::{Arg, ValueExt};

use crate::origin::Origin;

/// The output of `--help` below the usage line.
pub(crate) const OPTIONS: &str = "\
Options:
      --framework NAME       The web framework, axum or actix, if the program was built with it [default: axum]
      --listen ADDRESS:PORT  Where to listen; port 0 picks a free one [default: 127.0.0.1:8080]
      --admin ADDRESS:PORT   Where administrators see the freshness of the policies; not guarded [default: 127.0.0.1:0]
      --data DIRECTORY       Where the database is kept; created if missing [default: examples/campaigns/data]
      --config FILE          The callers with their tokens and principals [default: examples/campaigns/callers.toml]
      --policies DIRECTORY   The policy documents [default: examples/campaigns/policies]
      --bucket URL           The policies in a bucket, http://HOST:PORT/BUCKET/ARCHIVE, if built with `bucket`
      --postgres CONFIG      The policies in PostgreSQL, such as \"host=127.0.0.1 user=demo\", if built with `postgres`
      --decision-log FILE    Where every decision is logged, as lines of JSON; created if missing [default: nowhere]
  -h, --help                 Print this help
  -V, --version              Print the version

The environment variable RUST_LOG sets what is logged to standard error, for example `RUST_LOG=debug`.
";

impl Origin {
    /// Returns the origin that an option with this name selects.
    fn parse(option: &str, value: String) -> Result<Self, String> {
        match option {
            #[cfg(feature = "bucket")]
            "bucket" => Ok(Self::Bucket(value)),
            #[cfg(feature = "postgres")]
            "postgres" => Ok(Self::Postgres(value)),
            _ => Err(format!(
                "this program is built without `{option}`, which `{value}` needs; start it with `cargo run -p campaigns --features {option}`"
            )),
        }
    }
}

/// The command that the command line selects.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Command {
    /// Run the service.
    Serve(Framework, Settings),
    /// Print the help.
    Help,
    /// Print the version.
    Version,
}

/// A web framework that is compiled into the program.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum Framework {
    #[cfg(feature = "axum")]
    #[default]
    Axum,
    #[cfg(feature = "actix")]
    #[cfg_attr(not(feature = "axum"), default)]
    Actix,
}

/// The frameworks that are compiled into the program, with their names, which are also those of their features.
const FRAMEWORKS: &[(&str, Framework)] = &[
    #[cfg(feature = "axum")]
    ("axum", Framework::Axum),
    #[cfg(feature = "actix")]
    ("actix", Framework::Actix),
];

impl Framework {
    /// Returns the framework with this name, if it is one of `compiled`.
    fn parse(name: &str, compiled: &[(&str, Self)]) -> Result<Self, String> {
        let found = compiled.iter().find(|(known, _)| *known == name);
        match found {
            Some((_, framework)) => Ok(*framework),
            None if ["axum", "actix"].contains(&name) => Err(format!(
                "this program is built without `{name}`; start it with `cargo run -p campaigns --features {name}`"
            )),
            None => Err(format!(
                "`--framework` takes `axum` or `actix`, not `{name}`"
            )),
        }
    }
}

/// The address of the service and the paths of its files.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Settings {
    /// The address and port to listen on.
    pub(crate) listen: SocketAddr,
    /// The address and port for administrators.
    pub(crate) admin: SocketAddr,
    /// The directory of the database.
    pub(crate) data: PathBuf,
    /// The file that lists the callers.
    pub(crate) config: PathBuf,
    /// Where the policies come from.
    pub(crate) policies: Origin,
    /// The file of the decision log.
    pub(crate) decision_log: Option<PathBuf>,
}

impl Default for Settings {
    /// Returns the files of the demo, with absolute paths, so that `cargo run` works from every directory of the
    /// workspace.
    fn default() -> Self {
        let demo = Path::new(env!("CARGO_MANIFEST_DIR"));
        Self {
            listen: SocketAddr::from(([127, 0, 0, 1], 8080)),
            admin: SocketAddr::from(([127, 0, 0, 1], 0)),
            data: demo.join("data"),
            config: demo.join("callers.toml"),
            policies: Origin::Directory(demo.join("policies")),
            decision_log: None,
        }
    }
}

impl Command {
    /// Parses the arguments, without the program's name.
    ///
    /// # Errors
    ///
    /// One line that names the invalid argument.
    pub(crate) fn parse(arguments: impl IntoIterator<Item = OsString>) -> Result<Self, String> {
        let mut parser = lexopt::Parser::from_args(arguments);
        let mut framework = Framework::default();
        let mut settings = Settings::default();
        let text = |error: lexopt::Error| error.to_string();
        while let Some(argument) = parser.next().map_err(text)? {
            match argument {
                Arg::Long("framework") => {
                    let value = parser.value().and_then(ValueExt::string).map_err(text)?;
                    framework = Framework::parse(&value, FRAMEWORKS)?;
                }
                Arg::Long("listen") => settings.listen = address("--listen", &mut parser)?,
                Arg::Long("admin") => settings.admin = address("--admin", &mut parser)?,
                Arg::Long("data") => settings.data = parser.value().map_err(text)?.into(),
                Arg::Long("config") => settings.config = parser.value().map_err(text)?.into(),
                Arg::Long("policies") => {
                    settings.policies = Origin::Directory(parser.value().map_err(text)?.into());
                }
                Arg::Long(name @ ("bucket" | "postgres")) => {
                    let option = name.to_owned();
                    let value = parser.value().and_then(ValueExt::string).map_err(text)?;
                    settings.policies = Origin::parse(&option, value)?;
                }
                Arg::Long("decision-log") => {
                    settings.decision_log = Some(parser.value().map_err(text)?.into());
                }
                Arg::Short('h') | Arg::Long("help") => return Ok(Self::Help),
                Arg::Short('V') | Arg::Long("version") => return Ok(Self::Version),
                other => return Err(text(other.unexpected())),
            }
        }
        Ok(Self::Serve(framework, settings))
    }
}

/// Returns the value of an option that takes an address and a port.
fn address(option: &str, parser: &mut lexopt::Parser) -> Result<SocketAddr, String> {
    let value = parser.value().and_then(ValueExt::string);
    let value = value.map_err(|error| error.to_string())?;
    value.parse().map_err(|_| {
        format!("`{option}` takes an address and a port such as `127.0.0.1:8080`, not `{value}`")
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(arguments: &[&str]) -> Result<Command, String> {
        Command::parse(arguments.iter().map(OsString::from))
    }

    #[test]
    fn no_arguments_mean_the_defaults() {
        assert_eq!(
            parse(&[]),
            Ok(Command::Serve(Framework::Axum, Settings::default()))
        );
    }

    #[test]
    fn every_option_is_read() {
        let expected = Settings {
            listen: SocketAddr::from(([127, 0, 0, 1], 0)),
            admin: SocketAddr::from(([127, 0, 0, 1], 9)),
            data: PathBuf::from("d"),
            config: PathBuf::from("c.toml"),
            policies: Origin::Directory("p".into()),
            decision_log: Some(PathBuf::from("l.log")),
        };
        let arguments = [
            "--framework",
            "actix",
            "--listen",
            "127.0.0.1:0",
            "--admin",
            "127.0.0.1:9",
            "--data=d",
            "--config",
            "c.toml",
            "--policies",
            "p",
            "--decision-log",
            "l.log",
        ];
        assert_eq!(
            parse(&arguments),
            Ok(Command::Serve(Framework::Actix, expected))
        );
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
            (&["--admin", "localhost"], "`--admin` takes"),
            (&["--decision-log"], "--decision-log"),
            (&["--framework"], "--framework"),
            (&["--framework", "Axum"], "`axum` or `actix`, not `Axum`"),
        ] {
            let error = parse(arguments).expect_err("must be rejected");
            assert!(error.contains(named), "{error}");
        }
    }

    #[test]
    fn an_origin_that_is_not_compiled_in_is_reported() {
        for option in ["bucket", "postgres"] {
            let parsed = parse(&[&format!("--{option}"), "somewhere"]);
            if let Err(error) = parsed {
                assert!(error.contains(&format!("--features {option}")), "{error}");
            }
        }
        let error = Origin::parse("tape", "somewhere".to_owned()).expect_err("must be rejected");
        assert!(error.contains("without `tape`"), "{error}");
    }

    #[test]
    fn a_framework_that_is_not_compiled_in_is_reported() {
        let only_axum = [("axum", Framework::Axum)];
        assert_eq!(Framework::parse("axum", &only_axum), Ok(Framework::Axum));
        let error = Framework::parse("actix", &only_axum).expect_err("must be rejected");
        assert!(error.contains("--features actix"), "{error}");
    }
}
