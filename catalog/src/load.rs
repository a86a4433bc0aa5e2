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
use crate::parsed;
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

/// A built-in catalog.
struct Builtin {
    /// The path, as shown in messages.
    path: &'static str,
    /// The content, as TOML.
    text: &'static str,
    /// The service in its [parsed form](crate::parsed).
    parsed: &'static str,
}

/// The built-in catalogs, in the order in which bare action names are looked up.
const BUILTIN: &[Builtin] = &[
    #[cfg(feature = "pinpoint")]
    Builtin {
        path: "catalog/data/mobiletargeting.toml",
        text: include_str!("../data/mobiletargeting.toml"),
        parsed: include_str!("../data/parsed/mobiletargeting"),
    },
    #[cfg(feature = "pinpoint")]
    Builtin {
        path: "catalog/data/mobileanalytics.toml",
        text: include_str!("../data/mobileanalytics.toml"),
        parsed: include_str!("../data/parsed/mobileanalytics"),
    },
    #[cfg(feature = "sms-voice")]
    Builtin {
        path: "catalog/data/sms-voice.toml",
        text: include_str!("../data/sms-voice.toml"),
        parsed: include_str!("../data/parsed/sms-voice"),
    },
];

impl Catalog {
    /// The built-in catalog: Amazon Pinpoint, `mobiletargeting` and `mobileanalytics`; with the feature `sms-voice`
    /// also AWS End User Messaging SMS and Voice.
    ///
    /// It is loaded once per process.
    ///
    /// # Errors
    ///
    /// Returns an error if the data that was compiled into this crate is invalid. The crate's own tests ensure that this is
    /// not the case in released versions.
    pub fn builtin() -> Result<&'static Self, &'static CatalogErrors> {
        static BUILTIN_CATALOG: OnceLock<Result<Catalog, CatalogErrors>> = OnceLock::new();
        BUILTIN_CATALOG
            .get_or_init(|| {
                let mut services = Vec::new();
                let mut faults = Vec::new();
                for builtin in BUILTIN {
                    match parsed::read(builtin.parsed) {
                        Some(service) => services.push(service),
                        None => {
                            let reporter = Reporter::new(builtin.path, builtin.text);
                            reporter.report(
                                &(0..0),
                                "the parsed form of this catalog is damaged",
                                "run the tests of `pinpoint-iam-catalog`, which write it",
                            );
                            faults.extend(reporter.finish());
                        }
                    }
                }
                CatalogErrors::check(faults)?;
                Ok(Self::of_builtin(services))
            })
            .as_ref()
    }

    /// The built-in catalog, parsed from its TOML and checked.
    ///
    /// # Errors
    ///
    /// Returns every error in every file.
    pub(crate) fn builtin_from_toml() -> Result<Self, CatalogErrors> {
        let files = BUILTIN.iter();
        let files = files.map(|builtin| SourceFile::new(builtin.path, builtin.text));
        Self::load(files).map(|catalog| Self::of_builtin(catalog.services))
    }

    /// The built-in services. Two of them have `GetReports`: a bare name always belongs to the first, regardless of the
    /// enabled features.
    fn of_builtin(services: Vec<Service>) -> Self {
        Self { services, homes: 1 }
    }

    /// The text of the catalog of the built-in service with this prefix.
    pub fn builtin_text(prefix: &str) -> Option<&'static str> {
        let services = Self::builtin().ok()?.services();
        let position = services
            .iter()
            .position(|service| service.prefix == prefix)?;
        BUILTIN.get(position).map(|builtin| builtin.text)
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
