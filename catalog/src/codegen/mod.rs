//! From a catalog to Rust.
//!
//! [`render`] is a pure function; [`build`] and [`build_builtin`] are what build scripts call. The output holds
//! declarations and no logic: every rule stands in the crate `pinpoint-iam`, to which it refers. Names are fully
//! qualified, because the text is included into modules whose contents are not known here.

mod actions;
mod condition_keys;
mod docs;
mod metadata;
mod resources;
mod writer;

use std::io;
use std::path::Path;
use std::process::ExitCode;

use crate::load::SourceFile;
use crate::model::{Catalog, Service};

use self::writer::Writer;

/// Generates the Rust modules of your own catalog files; for a build script.
///
/// `files` are paths from the package's root, one service each. The module of each service is written to
/// `$OUT_DIR/<prefix>.rs`, to be included by a line of your own:
///
/// ```no_run
/// // build.rs
/// fn main() -> std::process::ExitCode {
///     pinpoint_iam_catalog::build(&["catalog/orders.toml"])
/// }
/// ```
///
/// A file that cannot be read or has faults fails the build: each fault is shown as an error with its file, line,
/// column and a hint, and nothing is generated.
#[must_use = "return it from `main`, so that the build stops on a fault"]
pub fn build(files: &[&str]) -> ExitCode {
    let mut sources = Vec::new();
    let mut failed = false;
    for path in files {
        println!("cargo::rerun-if-changed={path}");
        match std::fs::read_to_string(path) {
            Ok(text) => sources.push(SourceFile::new(*path, text)),
            Err(error) => {
                report(&format!("cannot read the catalog file `{path}`: {error}"));
                failed = true;
            }
        }
    }
    match Catalog::load(sources) {
        Ok(catalog) if !failed => write_modules(&catalog),
        Ok(_) => ExitCode::FAILURE,
        Err(faults) => {
            faults.iter().for_each(|fault| report(&fault.to_string()));
            ExitCode::FAILURE
        }
    }
}

/// Generates the Rust modules of the catalog that comes with this crate; for the build script of `pinpoint-iam`.
#[must_use = "return it from `main`, so that the build stops on a fault"]
pub fn build_builtin() -> ExitCode {
    // The data is compiled into this crate: whenever it changes, so does the build script, which cargo runs again.
    println!("cargo::rerun-if-changed=build.rs");
    match Catalog::builtin() {
        Ok(catalog) => write_modules(catalog),
        Err(faults) => {
            faults.iter().for_each(|fault| report(&fault.to_string()));
            ExitCode::FAILURE
        }
    }
}

/// The Rust module of one service, as text.
///
/// To be included into a module of its own, for example
/// `pub mod orders { include!(concat!(env!("OUT_DIR"), "/orders.rs")); }`. It refers to the crate `pinpoint-iam` as
/// `::pinpoint_iam`.
pub fn render(service: &Service) -> String {
    let mut writer = Writer::default();
    metadata::write(&mut writer, service);
    actions::write_enum(&mut writer, service);
    actions::write_types(&mut writer, service);
    resources::write(&mut writer, service);
    condition_keys::write(&mut writer, service);
    writer.finish()
}

fn write_modules(catalog: &Catalog) -> ExitCode {
    let Some(directory) = std::env::var_os("OUT_DIR") else {
        report("`OUT_DIR` is not set; call this from a build script");
        return ExitCode::FAILURE;
    };
    for service in catalog.services() {
        let path = Path::new(&directory).join(format!("{}.rs", service.prefix));
        if let Err(error) = write_if_changed(&path, &render(service)) {
            report(&format!("cannot write `{}`: {error}", path.display()));
            return ExitCode::FAILURE;
        }
    }
    ExitCode::SUCCESS
}

/// Leaves an equal file alone, so that nothing that includes it is compiled again.
fn write_if_changed(path: &Path, text: &str) -> io::Result<()> {
    if std::fs::read(path).is_ok_and(|old| old == text.as_bytes()) {
        return Ok(());
    }
    std::fs::write(path, text)
}

/// Shows an error of the build script as one of the build.
fn report(message: &str) {
    println!("cargo::error={}", message.replace(['\n', '\r'], " "));
}
