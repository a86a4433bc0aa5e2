//! Reading catalog files.
//!
//! A file is read in two steps: [`entries`] takes the TOML apart into what was written, with the place of every value;
//! [`check`](crate::check) turns that into what the rest of the program may rely on. Both collect faults and go on, so
//! that one run shows them all.

pub(crate) mod entries;
pub(crate) mod table;

use std::sync::OnceLock;

use toml::de::DeTable;

use crate::check;
use crate::fault::{Faults, Reporter};
use crate::model::{Catalog, Service};

use self::entries::ServiceEntry;
use self::table::Table;

/// The text of one catalog file and the name that faults call it by.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SourceFile {
    /// The path, as messages show it.
    pub path: String,
    /// The text, TOML.
    pub text: String,
}

impl SourceFile {
    /// A file called `path` that holds `text`.
    pub fn new(path: impl Into<String>, text: impl Into<String>) -> Self {
        Self {
            path: path.into(),
            text: text.into(),
        }
    }
}

/// The catalogs that come with this crate, in the order in which bare action names are looked up.
const BUILTIN: &[(&str, &str)] = &[
    (
        "catalog/data/mobiletargeting.toml",
        include_str!("../../data/mobiletargeting.toml"),
    ),
    (
        "catalog/data/mobileanalytics.toml",
        include_str!("../../data/mobileanalytics.toml"),
    ),
    #[cfg(feature = "sms-voice")]
    (
        "catalog/data/sms-voice.toml",
        include_str!("../../data/sms-voice.toml"),
    ),
];

impl Catalog {
    /// The catalog that comes with this crate: Amazon Pinpoint, `mobiletargeting` and `mobileanalytics`; with the feature
    /// `sms-voice` AWS End User Messaging SMS and Voice as well.
    ///
    /// It is read once for each process.
    ///
    /// # Errors
    ///
    /// When the data that this crate was built with has faults. The crate's own tests and the build script of
    /// `pinpoint-iam` see to it that no released version does.
    pub fn builtin() -> Result<&'static Self, &'static Faults> {
        static BUILTIN_CATALOG: OnceLock<Result<Catalog, Faults>> = OnceLock::new();
        BUILTIN_CATALOG
            .get_or_init(|| {
                let files = BUILTIN.iter();
                let files = files.map(|(path, text)| SourceFile::new(*path, *text));
                // Two of them have a `GetReports`: a bare name is the first one's, whichever others are built in.
                Self::load(files).map(|catalog| Self {
                    homes: 1,
                    ..catalog
                })
            })
            .as_ref()
    }

    /// This catalog and, behind it, the services of `others` that it does not describe itself.
    ///
    /// Bare action names belong to the services that they belonged to before; those of `others` are always qualified.
    /// Where this catalog has no services, nothing but `others` is left.
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

    /// Reads and checks `files`, one service each.
    ///
    /// A bare action name belongs to whichever of them has it, see [`Catalog::resolve`].
    ///
    /// # Errors
    ///
    /// Every fault of every file. See [`format`](crate::format) for what is checked.
    pub fn load(files: impl IntoIterator<Item = SourceFile>) -> Result<Self, Faults> {
        let mut services: Vec<Service> = Vec::new();
        let mut faults = Vec::new();
        for file in files {
            let reporter = Reporter::new(&file.path, &file.text);
            if let Some(service) = load_service(&file.text, &services, &reporter) {
                services.push(service);
            }
            faults.extend(reporter.finish());
        }
        Faults::check(faults)?;
        Ok(Self {
            homes: services.len(),
            services,
        })
    }
}

fn load_service(text: &str, others: &[Service], reporter: &Reporter<'_>) -> Option<Service> {
    let (document, errors) = DeTable::parse_recoverable(text);
    if !errors.is_empty() {
        // What the parser made up to go on is nothing the user wrote: faults about it would only distract.
        for error in errors {
            reporter.report(
                &error.span().unwrap_or_default(),
                error.message().replace('\n', ", "),
                "the file is no valid TOML 1.1",
            );
        }
        return None;
    }
    let table = Table::document(document.get_ref(), reporter);
    let entry = ServiceEntry::read(table);
    check::service(entry, others, reporter)
}
