//! The program `pinpoint-iam`, with one file for each subcommand.

#![forbid(unsafe_code)]

mod check;
mod common;
mod failure;
mod generate;
mod import;
mod lint;
mod rule;
mod schema;

use std::process::ExitCode;

use clap::{CommandFactory, Parser, Subcommand};

use crate::failure::Failure;

/// Checks policies and catalogs, and imports catalogs from what AWS publishes.
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
    Rule(rule::Arguments),
    Check(check::Arguments),
    Import(import::Arguments),
    Schema(schema::Arguments),
    #[command(hide = true)]
    Generate(generate::Arguments),
}

fn main() -> ExitCode {
    let result = match Arguments::parse().command {
        Command::Lint(arguments) => lint::run(&arguments),
        Command::Rule(arguments) => rule::run(&arguments).map(success),
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
