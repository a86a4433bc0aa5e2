//! The catalogs of a package: which files they are, and in which Rust modules their services stand.
//!
//! Both the build script of a package and the macros in its code have to know. Only the build script looks for files; the
//! macros read the [`CatalogBundle`] that it leaves behind. So they see what the generated modules were made of and nothing
//! else, and cargo, which runs the build script again when a file changes, compiles the code again as well.
//!
//! # Which files
//!
//! Those that the package's manifest names:
//!
//! ```toml
//! [package.metadata.pinpoint-iam]
//! catalogs = [
//!     "catalog/widgets.toml",                                                          # a module of this crate, `crate::widgets`
//!     { path = "../acme-catalog/catalog/orders.toml", module = "acme_catalog::orders" },   # one of another crate
//! ]
//! ```
//!
//! Without that, every `.toml` file in the directory `catalog` beside the manifest, in the order of their names. An empty
//! list says that there are none.

mod bundle;
mod manifest;

use std::path::{Path, PathBuf};
use std::{fs, io};

pub use self::bundle::{CatalogBundle, CatalogBundleError};
use crate::fault::{Faults, Reporter};
use crate::load::SourceFile;
use crate::model::Catalog;

/// The directory whose files are a package's catalogs where its manifest says nothing.
const DIRECTORY: &str = "catalog";

/// The catalogs of one package.
#[derive(Clone, Debug)]
pub struct Package {
    directory: PathBuf,
    /// The name of the library as code writes it; none for a package without one.
    library: Option<String>,
    catalogs: Vec<PackageCatalog>,
    is_by_convention: bool,
}

/// One catalog file of a package.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct PackageCatalog {
    /// The path from the package's directory.
    pub(crate) path: String,
    /// The module of the service, where the manifest names one.
    pub(crate) module: Option<String>,
}

/// Why the catalogs of a package cannot be told.
#[derive(Debug)]
#[non_exhaustive]
pub enum PackageError {
    /// A file or directory cannot be read.
    Unreadable {
        /// Which one.
        path: PathBuf,
        /// Why.
        error: io::Error,
    },
    /// The manifest or a catalog has faults.
    Faults(Faults),
}

impl std::fmt::Display for PackageError {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Unreadable { path, error } => {
                write!(formatter, "cannot read `{}`: {error}", path.display())
            }
            Self::Faults(faults) => faults.fmt(formatter),
        }
    }
}

impl std::error::Error for PackageError {}

impl From<Faults> for PackageError {
    fn from(faults: Faults) -> Self {
        Self::Faults(faults)
    }
}

impl Package {
    /// The directory of the manifest.
    pub(crate) fn directory(&self) -> &Path {
        &self.directory
    }

    /// The package whose manifest stands in `directory`. Its catalogs are not read yet.
    ///
    /// # Errors
    ///
    /// When the manifest or the directory `catalog` cannot be read, or the manifest names catalogs in a wrong way.
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
        Faults::check(reporter.finish())?;
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

    /// Whether nothing was found, and nothing says that there is nothing.
    pub(crate) fn lacks_catalogs(&self) -> bool {
        self.is_empty() && self.is_by_convention
    }

    /// The paths of the catalogs, from the package's directory.
    pub fn paths(&self) -> impl Iterator<Item = &str> {
        self.catalogs.iter().map(|catalog| catalog.path.as_str())
    }

    /// What the answers of this type depend on, from the package's directory: when one of these changes, they may.
    pub(crate) fn watched(&self) -> impl Iterator<Item = &str> {
        let directory = self.is_by_convention.then_some(DIRECTORY);
        // Cargo takes a path that does not exist to have changed, each time.
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
    /// When a file cannot be read, and every fault of every file.
    pub fn read(&self) -> Result<(Catalog, CatalogBundle), PackageError> {
        let mut files = Vec::new();
        for catalog in &self.catalogs {
            let path = self.directory.join(&catalog.path);
            let text = fs::read_to_string(&path)
                .map_err(|error| PackageError::Unreadable { path, error })?;
            files.push(SourceFile::new(&catalog.path, text));
        }
        let catalog = Catalog::load(files.iter().cloned())?;
        let modules = self.catalogs.iter().map(|catalog| catalog.module.clone());
        let snapshot = CatalogBundle::new(self.library.clone(), modules.zip(files).collect());
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

/// Every `.toml` file in the package's `catalog` directory, in the order of their names.
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
    // The order of a directory is any.
    names.sort_unstable();
    let catalogs = names.into_iter().map(|name| PackageCatalog {
        path: format!("{DIRECTORY}/{name}"),
        module: None,
    });
    Ok(catalogs.collect())
}
