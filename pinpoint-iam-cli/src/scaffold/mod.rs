//! `pinpoint-iam scaffold`.

mod body;
mod files;
mod handler;
mod identifiers;

use std::fs::{self, OpenOptions};
use std::io::Write;
use std::path::{Path, PathBuf};

use clap::{Args, ValueEnum};

use self::files::Plan;
use crate::documents::find;
use crate::failure::Failure;

/// Writes the skeleton of a service: one guarded handler for each action of a catalog that has a route or a target.
///
/// The service compiles and its tests pass, but its handlers respond 501 and no caller is authenticated: until
/// `src/authentication.rs` is implemented, every request gets 401. The directory then contains the catalog, policies
/// for an administrator and a reader, and a test that calls every route without permissions.
///
/// Existing files are never overwritten. Actions without either, and what a handler must still do, are listed on
/// standard error.
#[derive(Debug, Args)]
#[command(after_help = "\
Exit codes: 1 if the catalog has errors, or if a file exists already or cannot be written; 2 for wrong arguments; 3 if no
action has a route or a target.

Example: pinpoint-iam scaffold --framework axum orders.toml --output orders-service")]
pub(crate) struct Arguments {
    /// The catalog: a file, or the prefix of a built-in service.
    #[arg(value_name = "CATALOG")]
    catalog: String,
    /// The web framework.
    #[arg(long, value_enum)]
    framework: Framework,
    /// The directory of the new service.
    #[arg(long, value_name = "DIRECTORY")]
    output: PathBuf,
    /// The directory of a clone of the repository of `pinpoint-iam`, on which the service depends instead of the released
    /// version.
    #[arg(long, value_name = "DIRECTORY")]
    repository: Option<PathBuf>,
}

/// A web framework.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Framework {
    /// axum.
    Axum,
    /// actix-web.
    Actix,
}

/// Runs `pinpoint-iam scaffold`.
pub(crate) fn run(arguments: &Arguments) -> Result<(), Failure> {
    let catalogs = find(std::slice::from_ref(&arguments.catalog))?;
    let [service] = catalogs.services() else {
        return Err(Failure::no_input("error: there is no catalog"));
    };
    let text = catalogs.text(0).unwrap_or_default();
    let plan = Plan::of(service, text, arguments.framework);
    if plan.handlers() == 0 {
        return Err(Failure::no_input(format!(
            "error: no action of `{}` has a route or a target",
            service.prefix
        )));
    }
    let repository = match &arguments.repository {
        Some(path) => Some(absolute(path)?),
        None => None,
    };
    let files = plan.files(repository.as_deref());
    create(&arguments.output, &files)?;
    for (path, _) in &files {
        println!("created {}", arguments.output.join(path).display());
    }
    for remark in plan.remarks() {
        eprintln!("note: {remark}");
    }
    println!(
        "{} handlers; next: implement `authenticate` in {}",
        plan.handlers(),
        arguments.output.join(plan.authentication()).display()
    );
    Ok(())
}

/// The path of the repository. A path in a manifest is relative to that manifest.
fn absolute(path: &Path) -> Result<String, Failure> {
    if !path.join("pinpoint-iam/Cargo.toml").exists() {
        return Err(Failure::usage(format!(
            "error: `{}` is not a clone of the repository of `pinpoint-iam`",
            path.display()
        )));
    }
    match std::path::absolute(path) {
        Ok(path) => Ok(path.display().to_string()),
        Err(error) => Err(Failure::new(format!(
            "error: cannot read `{}`: {error}",
            path.display()
        ))),
    }
}

/// Creates files, and overwrites none.
fn create(directory: &Path, files: &[(String, String)]) -> Result<(), Failure> {
    let existing: Vec<String> = files
        .iter()
        .map(|(path, _)| directory.join(path))
        .filter(|path| path.symlink_metadata().is_ok())
        .map(|path| format!("error: `{}` exists already", path.display()))
        .collect();
    if !existing.is_empty() {
        return Err(Failure::new(existing.join("\n")));
    }
    for (path, text) in files {
        let path = directory.join(path);
        let written = match path.parent() {
            Some(folder) => fs::create_dir_all(folder),
            None => Ok(()),
        };
        written
            .and_then(|()| OpenOptions::new().write(true).create_new(true).open(&path))
            .and_then(|mut file| file.write_all(text.as_bytes()))
            .map_err(|error| {
                Failure::new(format!("error: cannot write `{}`: {error}", path.display()))
            })?;
    }
    Ok(())
}
