//! What build scripts call.

use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::{env, fs, io};

use crate::codegen::render;
use crate::fault::Faults;
use crate::fingerprint;
use crate::model::Catalog;
use crate::package::{CatalogBundle, Package, PackageError};

/// The environment variable by which a build script tells the macros of its package where the snapshot is:
/// its fingerprint, a blank, its path.
pub const SNAPSHOT_VARIABLE: &str = "PINPOINT_IAM_CATALOGS";

/// The directory within `OUT_DIR` that holds what we write for a package, and nothing else.
const DIRECTORY: &str = "pinpoint-iam";

/// The name of the snapshot's file.
const SNAPSHOT: &str = "catalogs";

/// Makes a package's own catalogs known to its code; all that its build script has to do.
///
/// ```no_run
/// // build.rs
/// fn main() -> std::process::ExitCode {
///     pinpoint_iam_catalog::build()
/// }
/// ```
///
/// The catalogs are the `.toml` files in `catalog`, or what the manifest names; see [`Package`]. For each of them the
/// Rust module of its service is written, to be included by a line of your own:
///
/// ```text
/// pub mod widgets {
///     pinpoint_iam::include_catalog!("widgets");
/// }
/// ```
///
/// For one that stands in another crate's module nothing is written: that crate's own build script does. The macros of
/// `pinpoint-iam` know all of them.
///
/// Cargo runs the build script again when a catalog changes, when one is added to `catalog`, and when the manifest
/// changes. A file that cannot be read or has faults fails the build: each fault is shown with its line and a hint, and
/// nothing is generated.
#[must_use = "return it from `main`, so that the build stops on a fault"]
pub fn build() -> ExitCode {
    let Some(directory) = env::var_os("CARGO_MANIFEST_DIR").map(PathBuf::from) else {
        return fail("`CARGO_MANIFEST_DIR` is not set; call this from a build script");
    };
    let package = match Package::open(directory) {
        Ok(package) => package,
        Err(error) => return fail_package(&error),
    };
    for path in package.watched() {
        println!("cargo::rerun-if-changed={path}");
    }
    if package.lacks_catalogs() {
        return fail(
            "the package has no catalog; put one into `catalog/`, or name it in `Cargo.toml` under \
             `[package.metadata.pinpoint-iam]`: `catalogs = [\"…\"]`",
        );
    }
    let (catalog, snapshot) = match package.read() {
        Ok(read) => read,
        Err(error) => return fail_package(&error),
    };
    match write(&package, &catalog, &snapshot) {
        Ok(()) => ExitCode::SUCCESS,
        Err(message) => fail(&message),
    }
}

/// Writes the modules and the snapshot, and removes what an earlier run wrote of catalogs that are gone.
fn write(package: &Package, catalog: &Catalog, snapshot: &CatalogBundle) -> Result<(), String> {
    let directory = out_directory()?.join(DIRECTORY);
    fs::create_dir_all(&directory).map_err(|error| cannot("write", &directory, &error))?;
    let mut files = vec![(SNAPSHOT.to_owned(), snapshot.write())];
    for (position, service) in catalog.services().iter().enumerate() {
        if package.generates(position) {
            files.push((format!("{}.rs", service.prefix), render(service)));
        }
    }
    let entries = fs::read_dir(&directory).map_err(|error| cannot("read", &directory, &error))?;
    for entry in entries {
        let name = entry
            .map_err(|error| cannot("read", &directory, &error))?
            .file_name();
        if !files.iter().any(|(file, _)| **file == *name) {
            let path = directory.join(name);
            fs::remove_file(&path).map_err(|error| cannot("remove", &path, &error))?;
        }
    }
    for (name, text) in &files {
        write_if_changed(&directory.join(name), text)?;
    }
    publish(package.directory(), snapshot, &directory.join(SNAPSHOT))
}

/// Generates the Rust modules of the catalog that comes with this crate; for the build script of `pinpoint-iam`.
#[must_use = "return it from `main`, so that the build stops on a fault"]
pub fn build_builtin() -> ExitCode {
    // The data is compiled into this crate: whenever it changes, so does the build script, which cargo runs again.
    println!("cargo::rerun-if-changed=build.rs");
    let catalog = match Catalog::builtin() {
        Ok(catalog) => catalog,
        Err(faults) => return fail_faults(faults),
    };
    let written = out_directory().and_then(|directory| {
        catalog.services().iter().try_for_each(|service| {
            let path = directory.join(format!("{}.rs", service.prefix));
            write_if_changed(&path, &render(service))
        })
    });
    match written {
        Ok(()) => ExitCode::SUCCESS,
        Err(message) => fail(&message),
    }
}

/// Tells the macros where the snapshot is, and of which package.
///
/// Cargo sets the variable in the package's tests and programs as well. What they start, such as a compiler of other
/// crates, inherits it.
fn publish(package: &Path, snapshot: &CatalogBundle, path: &Path) -> Result<(), String> {
    // The fingerprint makes the variable change with the catalogs, and cargo compiles anew what sees another value.
    let fingerprint = fingerprint::hexadecimal(&snapshot.write());
    let value = SnapshotPlace {
        fingerprint: &fingerprint,
        package,
        path,
    };
    let value = value.write()?;
    println!("cargo::rustc-env={SNAPSHOT_VARIABLE}={value}");
    Ok(())
}

/// The value of [`SNAPSHOT_VARIABLE`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SnapshotPlace<'a> {
    /// The fingerprint of the snapshot's text.
    pub fingerprint: &'a str,
    /// The directory of the manifest of the package whose catalogs these are.
    pub package: &'a Path,
    /// The file of the snapshot.
    pub path: &'a Path,
}

impl<'a> SnapshotPlace<'a> {
    /// Reads what a build script has published; `None` where it is something else.
    pub fn read(value: &'a str) -> Option<Self> {
        let mut parts = value.split('\t');
        let place = Self {
            fingerprint: parts.next()?,
            package: Path::new(parts.next()?),
            path: Path::new(parts.next()?),
        };
        parts.next().is_none().then_some(place)
    }

    fn write(&self) -> Result<String, String> {
        let text = |path: &'a Path| {
            let text = path.to_str();
            text.filter(|path| !path.contains(['\n', '\r', '\t']))
        };
        let package = text(self.package).ok_or_else(|| {
            format!(
                "the path `{}` of the package is not UTF-8 on one line without tabs; move it to another one",
                self.package.display()
            )
        })?;
        let path = text(self.path).ok_or_else(|| {
            format!(
                "the path `{}` in the build directory is not UTF-8 on one line without tabs; set `CARGO_TARGET_DIR` to \
                 another one",
                self.path.display()
            )
        })?;
        Ok(format!("{}\t{package}\t{path}", self.fingerprint))
    }
}

fn out_directory() -> Result<PathBuf, String> {
    env::var_os("OUT_DIR")
        .map(PathBuf::from)
        .ok_or_else(|| "`OUT_DIR` is not set; call this from a build script".to_owned())
}

/// Leaves an equal file alone.
fn write_if_changed(path: &Path, text: &str) -> Result<(), String> {
    if fs::read(path).is_ok_and(|old| old == text.as_bytes()) {
        return Ok(());
    }
    fs::write(path, text).map_err(|error| cannot("write", path, &error))
}

fn cannot(what: &str, path: &Path, error: &io::Error) -> String {
    format!("cannot {what} `{}`: {error}", path.display())
}

fn fail_package(error: &PackageError) -> ExitCode {
    match error {
        PackageError::Faults(faults) => fail_faults(faults),
        PackageError::Unreadable { .. } => fail(&error.to_string()),
    }
}

/// Shows every fault with the line of the file.
///
/// Cargo shows what a failed build script has printed. Errors that it is given with `cargo::error` it shows a second time there.
fn fail_faults(faults: &Faults) -> ExitCode {
    eprintln!("{}", faults.report());
    ExitCode::FAILURE
}

fn fail(message: &str) -> ExitCode {
    eprintln!("error: {message}");
    ExitCode::FAILURE
}
