//! `pinpoint-iam schema`.

use clap::Args;

use crate::failure::Failure;

/// Prints the JSON Schema of catalogs, for editors.
///
/// Editors that support TOML schemas read it when a catalog starts with a line that names it:
/// `#:schema ./catalog.schema.json`
#[derive(Debug, Args)]
#[command(after_help = "Example: pinpoint-iam schema > catalog/catalog.schema.json")]
pub(crate) struct Arguments {}

pub(crate) fn run(_: &Arguments) -> Result<(), Failure> {
    print!("{}", pinpoint_iam_catalog::SCHEMA);
    Ok(())
}
