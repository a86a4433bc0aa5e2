//! Functions for build scripts.

use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::{env, fs, io};

use crate::codegen::render;
use crate::error::CatalogErrors;
use crate::fingerprint;
use crate::model::Catalog;
use crate::package::{CatalogBundle, Package, PackageError};

/// The environment variable by which a build script passes the location of the bundle to the macros of its package: the
/// fingerprint, a blank and the path.
pub const SNAPSHOT_VARIABLE: &str = "PINPOINT_IAM_CATALOGS";

/// The directory within `OUT_DIR` for the files that we write for a package. It contains nothing else.
const DIRECTORY: &str = "pinpoint-iam";

/// The file name of the bundle.
const SNAPSHOT: &str = "catalogs";

/// Makes a package's own catalogs available to its code. Its build script only needs to call this function.
///
/// ```no_run
/// // build.rs
/// fn main() -> std::process::ExitCode {
///     pinpoint_iam_catalog::build()
/// }
/// ```
///
/// The catalogs are the `.toml` files in `catalog`, or those named in the manifest; see [`Package`]. For each of them,
/// the Rust module of its service is generated. Include it with a line of your own:
///
/// ```text
/// pub mod widgets {
///     pinpoint_iam::include_catalog!("widgets");
/// }
/// ```
///
/// Nothing is generated for a catalog whose module is in another crate, because that crate's own build script does
/// this. The macros of `pinpoint-iam` know all catalogs.
///
/// Cargo runs the build script again if a catalog changes, if one is added to `catalog`, or if the manifest changes. If
/// a file cannot be read or has errors, the build fails: every error is shown with its line and a hint, and nothing is
/// generated.
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

/// Writes the modules and the bundle, and removes files that an earlier run wrote for catalogs that no longer exist.
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

/// Generates the Rust modules of the built-in catalog; for the build script of `pinpoint-iam`.
#[must_use = "return it from `main`, so that the build stops on a fault"]
pub fn build_builtin() -> ExitCode {
    // The data is compiled into this crate. If it changes, the build script changes as well, and cargo runs it again.
    println!("cargo::rerun-if-changed=build.rs");
    // The macros compare the fingerprint of a module with that of their catalog. A parsed form of other data is therefore an
    // error.
    let catalog = match Catalog::builtin_from_toml() {
        Ok(catalog) => catalog,
        Err(faults) => return fail_faults(&faults),
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

/// Publishes the location of the bundle and its package to the macros.
///
/// Cargo also sets the variable for the package's tests and programs. Processes that they start, such as a compiler for
/// other crates, inherit it.
fn publish(package: &Path, snapshot: &CatalogBundle, path: &Path) -> Result<(), String> {
    // The fingerprint changes the variable whenever the catalogs change, so that cargo recompiles the code that reads
    // it.
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
    /// The fingerprint of the bundle's text.
    pub fingerprint: &'a str,
    /// The directory of the manifest of the package to which the catalogs belong.
    pub package: &'a Path,
    /// The file that contains the bundle.
    pub path: &'a Path,
}

impl<'a> SnapshotPlace<'a> {
    /// Parses the value that a build script has published; `None` if the value has another form.
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

/// Does not write a file whose content is already equal.
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
        PackageError::CatalogErrors(faults) => fail_faults(faults),
        PackageError::Unreadable { .. } => fail(&error.to_string()),
    }
}

/// Prints every error with its line of the file.
///
/// Cargo shows the output of a failed build script. It would show errors passed with `cargo::error` a second time.
fn fail_faults(faults: &CatalogErrors) -> ExitCode {
    eprintln!("{}", faults.report());
    ExitCode::FAILURE
}

fn fail(message: &str) -> ExitCode {
    eprintln!("error: {message}");
    ExitCode::FAILURE
}
