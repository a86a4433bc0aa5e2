//! `pinpoint-iam fmt`.

use std::io::{self, Write};
use std::path::PathBuf;
use std::process::ExitCode;

use clap::Args;
use pinpoint_iam_lint::format;
use pinpoint_iam_tools::parts;

use crate::failure::Failure;
use crate::files::{self, Input};
use crate::progress::{Progress, Reader};

/// Writes policy documents in a canonical layout, which keeps their meaning.
///
/// The members of documents and statements are in the order of AWS's grammar, each on a line of its own, indented by two
/// spaces. Strings, numbers and the order of lists are not changed. Arguments are those of `pinpoint-iam lint`: in
/// directories, files without a policy document are skipped, and with `-`, the formatted document is printed.
#[derive(Debug, Args)]
#[command(after_help = "\
Exit codes: 0 if all documents are formatted, 11 with --check if some are not, 1 if a file cannot be read, parsed or
written, 2 for wrong arguments, 3 if there is no document.

Example: pinpoint-iam fmt --check 'policies/**/*.json'")]
pub(crate) struct Arguments {
    /// Files, directories and patterns, or `-`.
    #[arg(required = true, value_name = "PATH")]
    paths: Vec<PathBuf>,
    /// Prints the names of files that are not formatted, and writes nothing.
    #[arg(long)]
    check: bool,
}

/// The exit code if a document is not formatted, which is that of a suggestion.
const NOT_FORMATTED: u8 = 11;

/// Runs `pinpoint-iam fmt`, and returns its exit code.
pub(crate) fn run(arguments: &Arguments) -> Result<ExitCode, Failure> {
    let mut has_failed = false;
    let mut has_changes = false;
    let mut documents = 0;
    let inputs = files::collect_all(&arguments.paths)?;
    let progress = Progress::new("formatting", inputs.len(), Reader::Person);
    for input in inputs {
        let is_named = input
            .path
            .as_ref()
            .is_none_or(|path| arguments.paths.contains(path));
        match progress.hide(|| arguments.format(&input, is_named)) {
            Ok(Some(is_changed)) => {
                documents += 1;
                has_changes |= is_changed;
            }
            Ok(None) => {}
            Err(error) => {
                has_failed = true;
                progress.hide(|| eprintln!("error: {error}"));
            }
        }
        progress.step();
    }
    drop(progress);
    Ok(match () {
        () if has_failed => ExitCode::FAILURE,
        () if documents == 0 => {
            return Err(Failure::no_input(
                "error: there are no policy documents; in a directory, they are the files `*.json`",
            ));
        }
        () if has_changes && arguments.check => ExitCode::from(NOT_FORMATTED),
        () => ExitCode::SUCCESS,
    })
}

impl Arguments {
    /// Formats one file. Returns whether its layout is another one; `None` if it contains no policy document.
    fn format(&self, input: &Input, is_named: bool) -> Result<Option<bool>, String> {
        let name = &input.name;
        let text = input
            .text
            .as_ref()
            .map_err(|error| format!("cannot read `{name}`: {error}"))?;
        let (_, start) = parts::unwrap(text);
        let formatted = match format(text, start) {
            Ok(formatted) => formatted,
            Err(error) => return Err(format!("{name}:{error}")),
        };
        if !is_named && !parts::has_document(text) {
            return Ok(None);
        }
        let is_changed = formatted != *text;
        match &input.path {
            _ if self.check => {
                if is_changed {
                    println!("{name}");
                }
            }
            Some(path) => {
                if is_changed {
                    files::replace(path, text, &formatted)
                        .map_err(|error| format!("cannot write `{name}`: {error}"))?;
                    println!("formatted {name}");
                }
            }
            None => io::stdout()
                .write_all(formatted.as_bytes())
                .map_err(|error| format!("cannot write: {error}"))?,
        }
        Ok(Some(is_changed))
    }
}
