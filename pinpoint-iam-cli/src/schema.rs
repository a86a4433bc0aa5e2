//! `pinpoint-iam schema`.

use lexopt::{Arg, Parser};

use crate::failure::Failure;

const HELP: &str = "\
Prints the JSON Schema of catalog files. Editors that know TOML schemas read it when a catalog starts with a line that
names it:

  #:schema ./catalog.schema.json

Usage: pinpoint-iam schema > catalog/catalog.schema.json
";

pub(crate) fn run(mut parser: Parser) -> Result<(), Failure> {
    match parser.next()? {
        None => print!("{}", pinpoint_iam_catalog::SCHEMA),
        Some(Arg::Long("help") | Arg::Short('h')) => print!("{HELP}"),
        Some(argument) => return Err(argument.unexpected().into()),
    }
    Ok(())
}
