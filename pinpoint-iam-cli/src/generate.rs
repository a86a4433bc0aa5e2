//! `pinpoint-iam generate`: completions and manual pages, for packages of the program.

use std::fs;
use std::path::PathBuf;

use clap::{Args, Command, Subcommand};
use clap_complete::Shell;

use crate::failure::Failure;

/// Writes completions for a shell, or manual pages.
#[derive(Debug, Args)]
#[command(after_help = "Example: pinpoint-iam generate completions bash > pinpoint-iam.bash")]
pub(crate) struct Arguments {
    #[command(subcommand)]
    output: Output,
}

#[derive(Debug, Subcommand)]
enum Output {
    /// Prints the completions for a shell.
    Completions {
        /// The shell.
        shell: Shell,
    },
    /// Writes a manual page for the program, and one for each command.
    Man {
        /// The directory for the pages.
        directory: PathBuf,
    },
}

pub(crate) fn run(arguments: &Arguments, mut program: Command) -> Result<(), Failure> {
    match &arguments.output {
        Output::Completions { shell } => {
            let mut text = Vec::new();
            clap_complete::generate(*shell, &mut program, "pinpoint-iam", &mut text);
            print!("{}", String::from_utf8_lossy(&text));
            Ok(())
        }
        Output::Man { directory } => fs::create_dir_all(directory)
            .and_then(|()| clap_mangen::generate_to(program, directory))
            .map_err(|error| {
                Failure::new(format!(
                    "error: cannot write to `{}`: {error}",
                    directory.display()
                ))
            }),
    }
}
