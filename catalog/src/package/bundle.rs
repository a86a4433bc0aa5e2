//! Bundles: the catalogs of a package, as its build script passes them to the macros.
//!
//! ```text
//! pinpoint-iam-catalogs 2
//! library acme_service
//! catalog 1234 -
//! … 1234 bytes …
//! catalog 567 acme_catalog::orders
//! … 567 bytes …
//! ```
//!
//! The bytes are the [parsed form](crate::parsed) of a service. A `-` means that the manifest does not name a module.

use std::fmt;

use crate::model::{Catalog, Service};
use crate::{fingerprint, parsed};

/// The first line. Another version of this crate may write a different one.
const HEAD: &str = "pinpoint-iam-catalogs 2";

/// The catalogs of a package, as read by its build script.
///
/// [`build`](crate::build) writes it, and the macros read it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CatalogBundle {
    library: Option<String>,
    services: Vec<(Option<String>, Service)>,
}

/// The reason why a text is not a bundle.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum CatalogBundleError {
    /// The text was not written by this version.
    Unreadable,
    /// The text differs from what the build script wrote.
    Changed,
}

impl fmt::Display for CatalogBundleError {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Unreadable => formatter.write_str(
                "the build script was built with another version of `pinpoint-iam-catalog` than the macros",
            ),
            Self::Changed => {
                formatter.write_str("the catalogs changed while the crate was being compiled")
            }
        }
    }
}

impl std::error::Error for CatalogBundleError {}

impl CatalogBundle {
    pub(super) fn new(library: Option<String>, services: Vec<(Option<String>, Service)>) -> Self {
        Self { library, services }
    }

    /// Serializes the bundle.
    pub(crate) fn write(&self) -> String {
        let mut text = format!("{HEAD}\n");
        if let Some(library) = &self.library {
            text.push_str(&format!("library {library}\n"));
        }
        for (module, service) in &self.services {
            let module = module.as_deref().unwrap_or("-");
            let service = parsed::write(service);
            text.push_str(&format!("catalog {} {module}\n{service}\n", service.len()));
        }
        text
    }

    /// Parses the output of [`build`](crate::build), which had the given `fingerprint`.
    ///
    /// # Errors
    ///
    /// Returns an error if the text has another fingerprint, or was written by another version.
    pub fn read(text: &str, fingerprint: &str) -> Result<Self, CatalogBundleError> {
        if fingerprint::hexadecimal(text) != fingerprint {
            return Err(CatalogBundleError::Changed);
        }
        let mut lines = Lines(text);
        if lines.next() != Some(HEAD) {
            return Err(CatalogBundleError::Unreadable);
        }
        let mut snapshot = Self {
            library: None,
            services: Vec::new(),
        };
        while !lines.0.is_empty() {
            lines
                .read_entry(&mut snapshot)
                .ok_or(CatalogBundleError::Unreadable)?;
        }
        Ok(snapshot)
    }

    /// The name of the package's library, as used in code; `None` for a package without a library.
    pub fn library(&self) -> Option<&str> {
        self.library.as_deref()
    }

    /// The catalogs and, for each service, the module that the manifest names, if there is one.
    pub fn catalog(&self) -> (Catalog, Vec<Option<&str>>) {
        let services = self.services.iter().map(|(_, service)| service.clone());
        let catalog = Catalog {
            homes: self.services.len(),
            services: services.collect(),
        };
        let modules = self.services.iter().map(|(module, _)| module.as_deref());
        (catalog, modules.collect())
    }
}

impl Service {
    /// The module of the service in the package's own code, if the manifest does not name one: `crate::widgets`.
    pub fn module_in_crate(&self) -> String {
        format!("crate::{}", self.module_name())
    }
}

/// The rest of a bundle.
struct Lines<'t>(&'t str);

impl<'t> Lines<'t> {
    fn next(&mut self) -> Option<&'t str> {
        let (line, rest) = self.0.split_once('\n')?;
        self.0 = rest;
        Some(line)
    }

    fn read_entry(&mut self, snapshot: &mut CatalogBundle) -> Option<()> {
        let (word, rest) = self.next()?.split_once(' ')?;
        match word {
            "library" => snapshot.library = Some(rest.to_owned()),
            "catalog" => {
                let (length, module) = rest.split_once(' ')?;
                let length: usize = length.parse().ok()?;
                let service = parsed::read(self.0.get(..length)?)?;
                self.0 = self.0.get(length..)?.strip_prefix('\n')?;
                let module = Some(module).filter(|module| *module != "-");
                let module = module.map(str::to_owned);
                snapshot.services.push((module, service));
            }
            _ => return None,
        }
        Some(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::SourceFile;
    use crate::fingerprint::hexadecimal;

    fn snapshot() -> CatalogBundle {
        let orders = include_str!("../../tests/faults/sound.toml");
        let service = |path: &str, prefix: &str| {
            let text = orders.replace("orders", prefix);
            let catalog = Catalog::load([SourceFile::new(path, text)]).unwrap();
            catalog.services.into_iter().next().unwrap()
        };
        CatalogBundle::new(
            Some("acme".to_owned()),
            vec![
                (None, service("catalog/a b.toml", "a")),
                (
                    Some("acme_catalog::b".to_owned()),
                    service("../b\nc.toml", "b"),
                ),
                (None, service("é.toml", "c")),
            ],
        )
    }

    #[test]
    fn a_snapshot_reads_back() {
        let text = snapshot().write();
        assert_eq!(
            CatalogBundle::read(&text, &hexadecimal(&text)),
            Ok(snapshot())
        );
        let empty = CatalogBundle::new(None, Vec::new());
        let text = empty.write();
        assert_eq!(CatalogBundle::read(&text, &hexadecimal(&text)), Ok(empty));
    }

    #[test]
    fn a_changed_one_is_refused() {
        let text = snapshot().write();
        let before = hexadecimal(&text);
        for (index, _) in text.char_indices() {
            let mut changed = text.clone();
            changed.insert(index, ' ');
            assert_eq!(
                CatalogBundle::read(&changed, &before),
                Err(CatalogBundleError::Changed)
            );
        }
    }

    #[test]
    fn no_text_panics() {
        let text = snapshot().write();
        for (end, _) in text.char_indices() {
            let cut = text.get(..end).unwrap();
            let _ = CatalogBundle::read(cut, &hexadecimal(cut));
        }
        for text in [
            "",
            "x",
            "pinpoint-iam-catalogs 1\n",
            &format!("{HEAD}\nx y\n"),
            &format!("{HEAD}\ncatalog 9 a\nx\n"),
            &format!("{HEAD}\ncatalog 1 a\nx\n"),
        ] {
            let read = CatalogBundle::read(text, &hexadecimal(text));
            assert_eq!(read, Err(CatalogBundleError::Unreadable), "{text}");
        }
    }
}
