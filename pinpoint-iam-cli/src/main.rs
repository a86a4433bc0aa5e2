//! The program `pinpoint-iam`, with one file for each subcommand.

#![forbid(unsafe_code)]

// Its macros replace those of the standard library in the modules after it.
#[macro_use]
mod output;

mod accounts;
mod check;
mod common;
mod compare;
mod documents;
mod explain;
mod explain_record;
mod failure;
mod files;
mod fmt;
mod generate;
mod import;
mod lint;
mod lsp;
mod names;
#[cfg(feature = "playground")]
mod playground;
mod policies;
mod progress;
mod replay;
mod rule;
mod scaffold;
mod schema;
mod test;

use std::process::ExitCode;

use clap::{CommandFactory, Parser, Subcommand};

use crate::failure::Failure;

/// Checks, explains, tests and compares policies, checks catalogs, and imports catalogs from what AWS publishes.
#[derive(Debug, Parser)]
#[command(
    name = "pinpoint-iam",
    version,
    subcommand_required = true,
    arg_required_else_help = true,
    after_help = "`pinpoint-iam <COMMAND> --help` describes a command and shows an example."
)]
struct Arguments {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    Lint(lint::Arguments),
    Fmt(fmt::Arguments),
    Rule(rule::Arguments),
    Lsp(lsp::Arguments),
    Explain(explain::ExplainArguments),
    Simulate(explain::SimulateArguments),
    Test(test::Arguments),
    Diff(compare::DiffArguments),
    WhoCan(compare::WhoCanArguments),
    IsPublic(compare::IsPublicArguments),
    Replay(replay::Arguments),
    #[cfg(feature = "playground")]
    Playground(playground::Arguments),
    Tables(documents::tables::Arguments),
    Matrix(documents::matrix::Arguments),
    LeastPrivilege(documents::least_privilege::Arguments),
    Openapi(documents::openapi::Arguments),
    Scaffold(scaffold::Arguments),
    Check(check::Arguments),
    Import(import::Arguments),
    Schema(schema::Arguments),
    #[command(hide = true)]
    Generate(generate::Arguments),
}

fn main() -> ExitCode {
    let result = match Arguments::parse().command {
        Command::Lint(arguments) => lint::run(&arguments),
        Command::Fmt(arguments) => fmt::run(&arguments),
        Command::Lsp(arguments) => lsp::run(&arguments),
        Command::Rule(arguments) => rule::run(&arguments).map(success),
        Command::Explain(arguments) => explain::explain(&arguments),
        Command::Simulate(arguments) => explain::simulate(&arguments),
        Command::Test(arguments) => test::run(&arguments),
        Command::Diff(arguments) => compare::diff(&arguments),
        Command::WhoCan(arguments) => compare::who_can(&arguments),
        Command::IsPublic(arguments) => compare::is_public(&arguments),
        Command::Replay(arguments) => replay::run(&arguments),
        #[cfg(feature = "playground")]
        Command::Playground(arguments) => playground::run(&arguments).map(success),
        Command::Tables(arguments) => documents::tables::run(&arguments).map(success),
        Command::Matrix(arguments) => documents::matrix::run(&arguments).map(success),
        Command::LeastPrivilege(arguments) => {
            documents::least_privilege::run(&arguments).map(success)
        }
        Command::Openapi(arguments) => documents::openapi::run(&arguments).map(success),
        Command::Scaffold(arguments) => scaffold::run(&arguments).map(success),
        Command::Check(arguments) => check::run(&arguments).map(success),
        Command::Import(arguments) => import::run(&arguments).map(success),
        Command::Schema(arguments) => schema::run(&arguments).map(success),
        Command::Generate(arguments) => {
            generate::run(&arguments, Arguments::command()).map(success)
        }
    };
    result.unwrap_or_else(|failure: Failure| {
        eprintln!("{failure}");
        failure.exit_code()
    })
}

fn success((): ()) -> ExitCode {
    ExitCode::SUCCESS
}
