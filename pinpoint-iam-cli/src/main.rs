//! The program `pinpoint-iam`, with one file for each subcommand.

#![forbid(unsafe_code)]

mod check;
mod failure;
mod import;
mod lint;
mod schema;

use std::process::ExitCode;

use lexopt::Arg;

use crate::failure::Failure;

const HELP: &str = "\
Checks policies and catalogs, and imports catalogs from what AWS publishes.

Usage: pinpoint-iam <command> [options]

Commands:
  check <catalog.toml>...   say what is wrong with catalogs, with the line of the file
  lint <file|directory>...  check policy documents
  rule [<code>]             print the documentation of a rule of `lint`
  import                    write a catalog from AWS's service reference and service models
  schema                    print the JSON Schema of catalogs, for editors

`pinpoint-iam <command> --help` says more.
";

fn main() -> ExitCode {
    match run() {
        Ok(code) => code,
        Err(failure) => {
            eprintln!("{failure}");
            failure.exit_code()
        }
    }
}

fn run() -> Result<ExitCode, Failure> {
    let mut parser = lexopt::Parser::from_env();
    match parser.next()? {
        Some(Arg::Value(command)) => match command.to_string_lossy().as_ref() {
            "check" => check::run(parser).map(|()| ExitCode::SUCCESS),
            "import" => import::run(parser).map(|()| ExitCode::SUCCESS),
            "lint" => lint::run(parser),
            "rule" => lint::explain(parser).map(|()| ExitCode::SUCCESS),
            "schema" => schema::run(parser).map(|()| ExitCode::SUCCESS),
            unknown => {
                let commands = ["check", "import", "lint", "rule", "schema"];
                let near = pinpoint_iam_catalog::nearest(unknown, commands);
                let hint = near.first().map_or_else(
                    || "`pinpoint-iam --help` lists the commands".to_owned(),
                    |near| format!("did you mean `{near}`?"),
                );
                Err(Failure::usage(format!(
                    "unknown command `{}`; {hint}",
                    unknown.escape_debug()
                )))
            }
        },
        Some(Arg::Long("help") | Arg::Short('h')) => {
            print!("{HELP}");
            Ok(ExitCode::SUCCESS)
        }
        Some(Arg::Long("version") | Arg::Short('V')) => {
            println!("pinpoint-iam {}", env!("CARGO_PKG_VERSION"));
            Ok(ExitCode::SUCCESS)
        }
        Some(argument) => Err(argument.unexpected().into()),
        None => Err(Failure::usage(HELP.trim_end().to_owned())),
    }
}
