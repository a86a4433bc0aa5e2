//! Loads catalog files.
//!
//! A file is read in two steps: [`reader`](crate::reader) parses the TOML into entries with the position of every value;
//! [`check`](crate::check) converts them to the validated model that the rest of the program uses. Both collect errors
//! and continue, so that one run reports all of them.

use std::sync::OnceLock;

use toml::de::DeTable;

use crate::check;
use crate::error::{CatalogErrors, Reporter};
use crate::model::{Catalog, Service};
use crate::reader::entries::ServiceEntry;
use crate::reader::table::Table;

/// The content of one catalog file, and its name in error messages.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SourceFile {
    /// The path, as shown in messages.
    pub path: String,
    /// The content, as TOML.
    pub text: String,
}

impl SourceFile {
    /// Creates a file with this path and content.
    pub fn new(path: impl Into<String>, text: impl Into<String>) -> Self {
        Self {
            path: path.into(),
            text: text.into(),
        }
    }
}

/// The built-in catalogs, in the order in which bare action names are looked up.
const BUILTIN: &[(&str, &str)] = &[
    #[cfg(feature = "pinpoint")]
    (
        "catalog/data/mobiletargeting.toml",
        include_str!("../data/mobiletargeting.toml"),
    ),
    #[cfg(feature = "pinpoint")]
    (
        "catalog/data/mobileanalytics.toml",
        include_str!("../data/mobileanalytics.toml"),
    ),
    #[cfg(feature = "sms-voice")]
    (
        "catalog/data/sms-voice.toml",
        include_str!("../data/sms-voice.toml"),
    ),
];

impl Catalog {
    /// The built-in catalog: Amazon Pinpoint, `mobiletargeting` and `mobileanalytics`; with the feature `sms-voice`
    /// also AWS End User Messaging SMS and Voice.
    ///
    /// It is loaded once per process.
    ///
    /// # Errors
    ///
    /// Returns an error if the data that was compiled into this crate is invalid. The crate's own tests and the build
    /// script of `pinpoint-iam` ensure that this is not the case in released versions.
    pub fn builtin() -> Result<&'static Self, &'static CatalogErrors> {
        static BUILTIN_CATALOG: OnceLock<Result<Catalog, CatalogErrors>> = OnceLock::new();
        BUILTIN_CATALOG
            .get_or_init(|| {
                let files = BUILTIN.iter();
                let files = files.map(|(path, text)| SourceFile::new(*path, *text));
                // Two of them have `GetReports`: a bare name always belongs to the first, regardless of the enabled
                // features.
                Self::load(files).map(|catalog| Self {
                    homes: 1,
                    ..catalog
                })
            })
            .as_ref()
    }

    /// The text of the catalog of the built-in service with this prefix.
    pub fn builtin_text(prefix: &str) -> Option<&'static str> {
        let services = Self::builtin().ok()?.services();
        let position = services
            .iter()
            .position(|service| service.prefix == prefix)?;
        BUILTIN.get(position).map(|(_, text)| *text)
    }

    /// This catalog, followed by the services of `others` that it does not describe itself.
    ///
    /// Bare action names belong to the same services as before; those of `others` must always be qualified. If this
    /// catalog has no services, the result is `others`.
    #[must_use]
    pub fn beside(mut self, others: &Self) -> Self {
        if self.services.is_empty() {
            return others.clone();
        }
        for other in &others.services {
            if self.service(&other.prefix).is_none() {
                self.services.push(other.clone());
            }
        }
        self
    }

    /// Reads and checks `files`, each of which describes one service.
    ///
    /// A bare action name belongs to the service that has this action, see [`Catalog::resolve`].
    ///
    /// # Errors
    ///
    /// Returns every error in every file. See [`format`](crate::format) for the rules.
    pub fn load(files: impl IntoIterator<Item = SourceFile>) -> Result<Self, CatalogErrors> {
        let mut services: Vec<Service> = Vec::new();
        let mut faults = Vec::new();
        for file in files {
            let reporter = Reporter::new(&file.path, &file.text);
            if let Some(service) = load_service(&file.text, &services, &reporter) {
                services.push(service);
            }
            faults.extend(reporter.finish());
        }
        CatalogErrors::check(faults)?;
        Ok(Self {
            homes: services.len(),
            services,
        })
    }
}

fn load_service(text: &str, others: &[Service], reporter: &Reporter<'_>) -> Option<Service> {
    let (document, errors) = DeTable::parse_recoverable(text);
    if !errors.is_empty() {
        // The user did not write the values with which the parser recovers from errors; errors about them would be
        // misleading.
        for error in errors {
            reporter.report(
                &error.span().unwrap_or_default(),
                error.message().replace('\n', ", "),
                "the file is not valid TOML 1.1",
            );
        }
        return None;
    }
    let table = Table::document(document.get_ref(), reporter);
    let entry = ServiceEntry::read(table);
    check::service(entry, others, reporter)
}
