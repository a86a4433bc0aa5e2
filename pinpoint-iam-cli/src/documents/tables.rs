//! `pinpoint-iam tables`.

use std::path::PathBuf;

use clap::Args;
use pinpoint_iam_docs::{File, files, service_page};

use super::{Format, find, write_files};
use crate::failure::Failure;

/// Writes the tables of services: operations, actions, resource types, condition keys and sources.
///
/// A catalog is a file, or the prefix of a built-in service: `mobiletargeting`. Several catalogs are checked together,
/// as those of one crate.
#[derive(Debug, Args)]
#[command(after_help = "\
Exit codes: 1 if a catalog has errors, or if a file differs with --check; 2 for wrong arguments.

Examples:
  pinpoint-iam tables catalog/orders.toml > docs/orders.md
  pinpoint-iam tables catalog/*.toml --output docs --check")]
pub(crate) struct Arguments {
    /// The catalogs: files, or prefixes of built-in services.
    #[arg(required = true, value_name = "CATALOG")]
    catalogs: Vec<String>,
    /// The format; default: markdown, and with --output all formats.
    #[arg(long, value_enum)]
    format: Option<Format>,
    /// The directory to write: a file `PREFIX.md`, `.json` and `.html` for each service, and the tables as CSV in `csv`.
    /// Without it, the tables are printed.
    #[arg(long, value_name = "DIRECTORY")]
    output: Option<PathBuf>,
    /// Writes nothing, and fails if a file differs from what would be written.
    #[arg(long, requires = "output")]
    check: bool,
}

/// Runs `pinpoint-iam tables`.
pub(crate) fn run(arguments: &Arguments) -> Result<(), Failure> {
    let catalogs = find(&arguments.catalogs)?;
    let mut services = catalogs.metadata();
    services.truncate(catalogs.chosen());
    let pages: Vec<_> = services
        .iter()
        .map(|service| (service.prefix, service_page(service)))
        .collect();
    if let Some(directory) = &arguments.output {
        let written: Vec<File> = pages
            .iter()
            .flat_map(|(prefix, page)| files(&directory.join(prefix).display().to_string(), page))
            .filter(|file| {
                let format = arguments.format;
                format.is_none_or(|format| file.path.rsplit('.').next() == Some(format.extension()))
            })
            .collect();
        return write_files(&written, arguments.check);
    }
    let format = arguments.format.unwrap_or(Format::Markdown);
    match (format, pages.len()) {
        (Format::Csv, _) => {
            return Err(Failure::usage(
                "error: each table is a CSV file of its own; add `--output DIRECTORY`",
            ));
        }
        (Format::Json | Format::Html, 2..) => {
            return Err(Failure::usage(
                "error: each service is a file of its own; add `--output DIRECTORY`, or name one catalog",
            ));
        }
        _ => {}
    }
    let texts: Vec<String> = pages.iter().map(|(_, page)| format.write(page)).collect();
    print!("{}", texts.join("\n"));
    Ok(())
}
