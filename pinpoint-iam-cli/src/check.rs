//! `pinpoint-iam check`.

use std::path::PathBuf;

use lexopt::{Arg, Parser};
use pinpoint_iam_catalog::{Catalog, SourceFile};

use crate::failure::{Failure, read};

const HELP: &str = "\
Says what is wrong with catalogs, as a compiler would: what, where, and what to do. They are checked together, as those
of one crate.

Usage: pinpoint-iam check [--short] <catalog.toml>...

Options:
  --short   one line for each fault, `file:line:column: fault; hint`
";

pub(crate) fn run(mut parser: Parser) -> Result<(), Failure> {
    let mut paths: Vec<PathBuf> = Vec::new();
    let mut is_short = false;
    while let Some(argument) = parser.next()? {
        match argument {
            Arg::Value(path) => paths.push(path.into()),
            Arg::Long("short") => is_short = true,
            Arg::Long("help") | Arg::Short('h') => {
                print!("{HELP}");
                return Ok(());
            }
            argument => return Err(argument.unexpected().into()),
        }
    }
    if paths.is_empty() {
        return Err(Failure::usage(HELP.trim_end()));
    }
    let mut files = Vec::new();
    for path in &paths {
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
        Err(faults) if is_short => Err(Failure::new(faults.to_string())),
        Err(faults) => Err(Failure::new(faults.report().to_string())),
    }
}
