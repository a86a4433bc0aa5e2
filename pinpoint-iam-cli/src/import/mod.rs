//! `pinpoint-iam import`.

mod arn;
mod assemble;
mod draft;
mod keys;
mod model;
mod names;
mod overlay;
mod reference;
mod repair;

use std::path::{Path, PathBuf};

use lexopt::{Arg, Parser, ValueExt};
use serde::de::DeserializeOwned;

use self::assemble::ImportOptions;
use self::model::Model;
use self::overlay::Overlay;
use self::reference::Reference;
use crate::failure::{Failure, read, write};

const HELP: &str = "\
Writes a catalog from what AWS publishes: actions, resource types, condition keys and access levels from the service
reference, routes from service models, and corrections of yours from an overlay. The same files give the same catalog.

Usage: pinpoint-iam import --reference <file.json> [options]

Options:
  --reference <file.json>   the service's file at servicereference.us-east-1.amazonaws.com
  --model <service-2.json>  a service model in botocore's form; may be given more than once, the first counts
  --overlay <file.toml>     corrections, with a reason each
  --name <name>             the service's name for people
  --date <YYYY-MM-DD>       the day of the copies
  --output <catalog.toml>   where to write to; without it the catalog is printed
  --check                   write nothing, and fail when the output is another one

What a catalog has no words for is written in another way or left out, with everything that refers to it. Each change is a
note on the standard error output and a comment in the catalog. The catalog is checked before it is written.
";

/// The first line of imported catalogs.
const HEAD: &str = "Written by `pinpoint-iam import`: what has to be another way belongs into the overlay, with its reason.";

#[derive(Default)]
struct Arguments {
    reference: Option<PathBuf>,
    models: Vec<PathBuf>,
    overlay: Option<PathBuf>,
    name: Option<String>,
    date: Option<String>,
    output: Option<PathBuf>,
    is_check: bool,
}

pub(crate) fn run(parser: Parser) -> Result<(), Failure> {
    let Some(arguments) = arguments(parser)? else {
        print!("{HELP}");
        return Ok(());
    };
    let Some(reference) = &arguments.reference else {
        return Err(Failure::usage(HELP.trim_end()));
    };
    let text = catalog(reference, &arguments)?;
    match &arguments.output {
        Some(output) if arguments.is_check => {
            if read(output)? == text {
                Ok(())
            } else {
                Err(Failure::new(format!(
                    "error: `{}` is not what the import makes; run it without `--check`",
                    output.display()
                )))
            }
        }
        Some(output) => write(output, &text),
        None if arguments.is_check => Err(Failure::usage("error: `--check` needs `--output`")),
        None => {
            print!("{text}");
            Ok(())
        }
    }
}

fn arguments(mut parser: Parser) -> Result<Option<Arguments>, Failure> {
    let mut arguments = Arguments::default();
    while let Some(argument) = parser.next()? {
        match argument {
            Arg::Long("reference") => arguments.reference = Some(parser.value()?.into()),
            Arg::Long("model") => arguments.models.push(parser.value()?.into()),
            Arg::Long("overlay") => arguments.overlay = Some(parser.value()?.into()),
            Arg::Long("name") => arguments.name = Some(parser.value()?.string()?),
            Arg::Long("date") => arguments.date = Some(parser.value()?.string()?),
            Arg::Long("output") => arguments.output = Some(parser.value()?.into()),
            Arg::Long("check") => arguments.is_check = true,
            Arg::Long("help") | Arg::Short('h') => return Ok(None),
            argument => return Err(argument.unexpected().into()),
        }
    }
    Ok(Some(arguments))
}

/// Returns the text of a catalog that the loader accepts.
fn catalog(reference: &Path, arguments: &Arguments) -> Result<String, Failure> {
    let reference: Reference = json(reference)?;
    let mut models: Vec<Model> = Vec::new();
    for path in &arguments.models {
        models.push(json(path)?);
    }
    let given = ImportOptions {
        name: arguments.name.clone(),
        date: arguments.date.clone(),
    };
    let mut draft = assemble::draft(&reference, &models, &given);
    // If only a correction invalidates an entry, that is an error. The entry is not omitted silently.
    let faulty = repair::faulty(&draft);
    if let Some(path) = &arguments.overlay {
        let text = read(path)?;
        let path = path.display().to_string();
        let overlay =
            Overlay::read(&path, &text).map_err(|fault| Failure::new(format!("error: {fault}")))?;
        let faults = overlay.apply(&path, &text, &mut draft);
        if !faults.is_empty() {
            let faults: Vec<String> = faults
                .iter()
                .map(|fault| format!("error: {fault}"))
                .collect();
            return Err(Failure::new(faults.join("\n")));
        }
    }
    let written = repair::without(&faulty, &mut draft);
    for note in draft.notes() {
        eprintln!("note: {note}");
    }
    written.map(|written| written.text).map_err(|faults| {
        Failure::new(format!(
            "{}\n\nerror: the imported catalog has faults; correct them in an overlay",
            faults.report()
        ))
    })
}

fn json<T: DeserializeOwned>(path: &Path) -> Result<T, Failure> {
    let text = read(path)?;
    serde_json::from_str(&text)
        .map_err(|error| Failure::new(format!("error: {}: {error}", path.display())))
}
