//! The catalogs of a package: their files, and the Rust modules of their services.
//!
//! The build script of a package and the macros in its code both need this information. Only the build script searches
//! for files; the macros read the [`CatalogBundle`] that it writes. The macros therefore use exactly the catalogs from
//! which the modules were generated. If a file changes, cargo runs the build script again and also recompiles the code.
//!
//! # Files
//!
//! The files named in the package's manifest:
//!
//! ```toml
//! [package.metadata.pinpoint-iam]
//! catalogs = [
//!     "catalog/widgets.toml",                                                          # a module of this crate, `crate::widgets`
//!     { path = "../acme-catalog/catalog/orders.toml", module = "acme_catalog::orders" },   # one of another crate
//! ]
//! ```
//!
//! Otherwise, every `.toml` file in the directory `catalog` next to the manifest, sorted by name. An empty list means
//! that the package has none.

mod bundle;
mod manifest;

use std::path::{Path, PathBuf};
use std::{fs, io};

pub use self::bundle::{CatalogBundle, CatalogBundleError};
use crate::error::{CatalogErrors, Reporter};
use crate::load::SourceFile;
use crate::model::Catalog;

/// The directory of a package's catalogs, unless its manifest names them.
const DIRECTORY: &str = "catalog";

/// The catalogs of one package.
#[derive(Clone, Debug)]
pub struct Package {
    directory: PathBuf,
    /// The name of the library, as used in code; `None` for a package without a library.
    library: Option<String>,
    catalogs: Vec<PackageCatalog>,
    is_by_convention: bool,
}

/// One catalog file of a package.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct PackageCatalog {
    /// The path, relative to the package's directory.
    pub(crate) path: String,
    /// The module of the service, if the manifest names one.
    pub(crate) module: Option<String>,
}

/// The reason why the catalogs of a package cannot be determined.
#[derive(Debug)]
#[non_exhaustive]
pub enum PackageError {
    /// A file or directory cannot be read.
    Unreadable {
        /// The file or directory.
        path: PathBuf,
        /// The error.
        error: io::Error,
    },
    /// The manifest or a catalog has errors.
    CatalogErrors(CatalogErrors),
}

impl std::fmt::Display for PackageError {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Unreadable { path, error } => {
                write!(formatter, "cannot read `{}`: {error}", path.display())
            }
            Self::CatalogErrors(faults) => faults.fmt(formatter),
        }
    }
}

impl std::error::Error for PackageError {}

impl From<CatalogErrors> for PackageError {
    fn from(faults: CatalogErrors) -> Self {
        Self::CatalogErrors(faults)
    }
}

impl Package {
    /// The directory of the manifest.
    pub(crate) fn directory(&self) -> &Path {
        &self.directory
    }

    /// Opens the package whose manifest is in `directory`. Its catalogs are not read yet.
    ///
    /// # Errors
    ///
    /// Returns an error if the manifest or the directory `catalog` cannot be read, or if the manifest names catalogs in
    /// an invalid way.
    pub fn open(directory: impl Into<PathBuf>) -> Result<Self, PackageError> {
        let directory = directory.into();
        let path = directory.join("Cargo.toml");
        let text = fs::read_to_string(&path).map_err(|error| PackageError::Unreadable {
            path: path.clone(),
            error,
        })?;
        let has_main_file = directory.join("src/lib.rs").is_file();
        let reporter = Reporter::new("Cargo.toml", &text);
        let manifest = manifest::read(&text, has_main_file, &reporter);
        CatalogErrors::check(reporter.finish())?;
        let (library, named) = manifest.map_or((None, None), |manifest| {
            (manifest.library, manifest.catalogs)
        });
        let is_by_convention = named.is_none();
        let catalogs = match named {
            Some(named) => named,
            None => by_convention(&directory)?,
        };
        Ok(Self {
            directory,
            library,
            catalogs,
            is_by_convention,
        })
    }

    /// Whether the package has no catalogs.
    pub fn is_empty(&self) -> bool {
        self.catalogs.is_empty()
    }

    /// Whether no catalogs were found and the manifest does not state that there are none.
    pub(crate) fn lacks_catalogs(&self) -> bool {
        self.is_empty() && self.is_by_convention
    }

    /// The paths of the catalogs, relative to the package's directory.
    pub fn paths(&self) -> impl Iterator<Item = &str> {
        self.catalogs.iter().map(|catalog| catalog.path.as_str())
    }

    /// The files and directories on which the results of this type depend, relative to the package's directory.
    pub(crate) fn watched(&self) -> impl Iterator<Item = &str> {
        let directory = self.is_by_convention.then_some(DIRECTORY);
        // Cargo always treats a path that does not exist as changed.
        let directory = directory.filter(|path| self.directory.join(path).exists());
        ["Cargo.toml"]
            .into_iter()
            .chain(directory)
            .chain(self.paths())
    }

    /// Reads and checks the catalogs.
    ///
    /// # Errors
    ///
    /// Returns an error if a file cannot be read, and otherwise all errors in all files.
    pub fn read(&self) -> Result<(Catalog, CatalogBundle), PackageError> {
        let mut files = Vec::new();
        for catalog in &self.catalogs {
            let path = self.directory.join(&catalog.path);
            let text = fs::read_to_string(&path)
                .map_err(|error| PackageError::Unreadable { path, error })?;
            files.push(SourceFile::new(&catalog.path, text));
        }
        let catalog = Catalog::load(files)?;
        let modules = self.catalogs.iter().map(|catalog| catalog.module.clone());
        let services = modules.zip(catalog.services.iter().cloned());
        let snapshot = CatalogBundle::new(self.library.clone(), services.collect());
        Ok((catalog, snapshot))
    }

    /// Whether the package's build script generates the module of the catalog at `position`.
    pub(crate) fn generates(&self, position: usize) -> bool {
        self.catalogs.get(position).is_some_and(|catalog| {
            let module = catalog.module.as_deref();
            module.is_none_or(|module| module.starts_with("crate::"))
        })
    }
}

/// Every `.toml` file in the package's `catalog` directory, sorted by name.
fn by_convention(directory: &Path) -> Result<Vec<PackageCatalog>, PackageError> {
    let path = directory.join(DIRECTORY);
    let unreadable = |error| PackageError::Unreadable {
        path: path.clone(),
        error,
    };
    let entries = match fs::read_dir(&path) {
        Ok(entries) => entries,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
        Err(error) => return Err(unreadable(error)),
    };
    let mut names = Vec::new();
    for entry in entries {
        let name = entry.map_err(unreadable)?.file_name();
        let end = Path::new(&name).extension();
        if end.is_none_or(|end| end != "toml") {
            continue;
        }
        let name = name.into_string().map_err(|name| {
            let shown = name.to_string_lossy().into_owned();
            unreadable(io::Error::new(
                io::ErrorKind::InvalidFilename,
                format!("the name of the file `{shown}` is not UTF-8"),
            ))
        })?;
        names.push(name);
    }
    // Directory entries have no defined order.
    names.sort_unstable();
    let catalogs = names.into_iter().map(|name| PackageCatalog {
        path: format!("{DIRECTORY}/{name}"),
        module: None,
    });
    Ok(catalogs.collect())
}
