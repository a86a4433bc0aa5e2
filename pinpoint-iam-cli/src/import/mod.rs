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

use clap::Args;
use serde::de::DeserializeOwned;

use self::assemble::ImportOptions;
use self::model::Model;
use self::overlay::Overlay;
use self::reference::Reference;
use crate::failure::{Failure, read, write};

/// The first line of imported catalogs.
const HEAD: &str = "Written by `pinpoint-iam import`: what has to be another way belongs into the overlay, with its reason.";

/// Writes a catalog from what AWS publishes.
///
/// Actions, resource types, condition keys and access levels are taken from the service reference, routes from service
/// models, and corrections of yours from an overlay. The same files result in the same catalog.
///
/// What a catalog cannot express is written in another way or left out, with everything that refers to it. Each change is
/// a note on standard error and a comment in the catalog. The catalog is checked before it is written.
#[derive(Debug, Args)]
#[command(
    after_help = "Example: pinpoint-iam import --reference sqs.json --model service-2.json --output catalog/sqs.toml"
)]
pub(crate) struct Arguments {
    /// The service's file at servicereference.us-east-1.amazonaws.com.
    #[arg(long, value_name = "FILE.JSON")]
    reference: PathBuf,
    /// A service model in botocore's form; can be repeated, and the first one that has an operation counts.
    #[arg(long = "model", value_name = "SERVICE-2.JSON")]
    models: Vec<PathBuf>,
    /// Corrections, with a reason each.
    #[arg(long, value_name = "FILE.TOML")]
    overlay: Option<PathBuf>,
    /// The service's name for people.
    #[arg(long)]
    name: Option<String>,
    /// The day of the copies.
    #[arg(long, value_name = "YYYY-MM-DD")]
    date: Option<String>,
    /// The file to write; without it, the catalog is printed.
    #[arg(long, value_name = "CATALOG.TOML")]
    output: Option<PathBuf>,
    /// Writes nothing, and fails if the file differs from what would be written.
    #[arg(long, requires = "output")]
    check: bool,
}

pub(crate) fn run(arguments: &Arguments) -> Result<(), Failure> {
    let text = catalog(&arguments.reference, arguments)?;
    match &arguments.output {
        Some(output) if arguments.check => {
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
        None => {
            print!("{text}");
            Ok(())
        }
    }
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
