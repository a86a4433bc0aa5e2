//! `pinpoint-iam check`.

use std::path::PathBuf;

use clap::Args;
use pinpoint_iam_catalog::{Catalog, SourceFile};

use crate::failure::{Failure, read};

/// Reports errors in catalogs, with file and line.
///
/// The catalogs are checked together, as those of one crate.
#[derive(Debug, Args)]
#[command(after_help = "Example: pinpoint-iam check catalog/*.toml")]
pub(crate) struct Arguments {
    /// The catalogs.
    #[arg(required = true, value_name = "CATALOG.TOML")]
    paths: Vec<PathBuf>,
    /// Prints one line for each error: `file:line:column: message; hint`.
    #[arg(long)]
    short: bool,
}

pub(crate) fn run(arguments: &Arguments) -> Result<(), Failure> {
    let mut files = Vec::new();
    for path in &arguments.paths {
        files.push(SourceFile::new(path.display().to_string(), read(path)?));
    }
    match Catalog::load(files) {
        Ok(catalog) => {
            for service in catalog.services() {
                println!(
                    "{}: {} actions, {} resource types",
                    service.prefix,
                    service.actions().len(),
                    service.resources().len()
                );
            }
            Ok(())
        }
        Err(faults) if arguments.short => Err(Failure::new(faults.to_string())),
        Err(faults) => Err(Failure::new(faults.report().to_string())),
    }
}
