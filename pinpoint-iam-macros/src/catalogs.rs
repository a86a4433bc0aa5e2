//! The catalogs of the crate that is being compiled, and the Rust modules of their services.
//!
//! The crate's build script has read its own catalogs and written a [`CatalogBundle`], whose location is in an
//! environment variable. The macros therefore use the catalogs from which the modules were generated, and cargo
//! recompiles the crate if they change. Without a build script, a crate has only the built-in catalogs. The macros
//! report an error if a crate has catalogs but no build script that reads them, because its policies would otherwise
//! not be checked for its own services.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::{Arc, Mutex, PoisonError};
use std::{env, fs};

use pinpoint_iam_catalog::{
    Catalog, CatalogBundle, MARKER, Package, SNAPSHOT_VARIABLE, Service, SnapshotPlace,
};
use proc_macro2::{Ident, Literal, Span, TokenStream};
use quote::quote_spanned;

use crate::messages;
use crate::paths::{Module, Root};

/// The catalogs of one crate.
#[derive(Clone, Debug)]
pub(crate) struct Catalogs {
    catalog: Catalog,
    /// The modules of the crate's own services, by prefix. All other services are built in.
    modules: BTreeMap<String, OwnModule>,
}

/// The module of one of the crate's own services.
#[derive(Clone, Debug)]
struct OwnModule {
    segments: Vec<String>,
    /// Whether it belongs to another package, whose own build script has read the catalog file.
    #[cfg(feature = "include-policy")]
    is_elsewhere: bool,
}

impl Catalogs {
    /// The catalogs of the crate being compiled. They are read once per compiler process.
    ///
    /// # Errors
    ///
    /// Returns the message of a macro error that describes what is wrong with them.
    pub(crate) fn of_this_crate() -> Result<Arc<Self>, String> {
        /// A process may serve several crates, for example the macro server of an editor.
        static READ: Mutex<BTreeMap<Crate, Result<Arc<Catalogs>, String>>> =
            Mutex::new(BTreeMap::new());
        let this = Crate::from_environment();
        // A panic in another thread has not changed the map.
        let mut read = READ.lock().unwrap_or_else(PoisonError::into_inner);
        read.entry(this)
            .or_insert_with_key(|this| this.read().map(Arc::new))
            .clone()
    }

    /// Only the built-in catalogs.
    pub(crate) fn builtin() -> Result<Self, String> {
        match Catalog::builtin() {
            Ok(catalog) => Ok(Self {
                catalog: catalog.clone(),
                modules: BTreeMap::new(),
            }),
            Err(faults) => Err(messages::broken_catalog(faults)),
        }
    }

    /// The catalogs of a crate that has only `catalog`, in addition to the built-in ones.
    #[cfg(test)]
    pub(crate) fn of(catalog: Catalog) -> Self {
        Self {
            catalog,
            modules: BTreeMap::new(),
        }
    }

    /// The crate's own services, followed by the built-in ones.
    pub(crate) fn catalog(&self) -> &Catalog {
        &self.catalog
    }

    /// The path of the module generated for `service`: `crate::widgets`, `::acme_catalog::widgets` or
    /// `::pinpoint_iam::mobiletargeting`.
    ///
    /// Its last segment has the span `place`, where the user wrote the service's name.
    pub(crate) fn module(&self, service: &Service, root: &Root, place: Span) -> Module {
        let Some(OwnModule { segments, .. }) = self.modules.get(&service.prefix) else {
            return root.module(Ident::new(&service.module_name(), place));
        };
        let last = segments.len().saturating_sub(1);
        let segments = segments.iter().enumerate().map(|(index, segment)| {
            let place = if index == last {
                place
            } else {
                Span::call_site()
            };
            Ident::new(segment, place)
        });
        let segments: Vec<Ident> = segments.collect();
        Module {
            is_global: segments.first().is_none_or(|first| first != "crate"),
            segments,
        }
    }

    /// Code that fails to compile if `module`, which belongs to `service`, was generated from another catalog than the
    /// one that was read here.
    pub(crate) fn assert_same(
        service: &Service,
        module: &Module,
        root: &Root,
        place: Span,
    ) -> TokenStream {
        let fingerprint = Literal::u64_unsuffixed(service.fingerprint());
        let other = messages::another_catalog(service, module);
        let marker = Ident::new(MARKER, Span::call_site());
        if root.has(module) {
            return quote_spanned! {place=>
                const _: () = #root::__private::assert_same_catalog(#module::#marker::FINGERPRINT, #fingerprint, #other, "");
            };
        }
        let missing = messages::no_module(service, module, root);
        quote_spanned! {place=>
            #[allow(clippy::all, clippy::pedantic, dead_code, unused_imports)]
            const _: () = {
                const FINGERPRINT: ::core::option::Option<::core::primitive::u64> = ::core::option::Option::None;
                {
                    use #module::#marker::*;
                    #root::__private::assert_same_catalog(FINGERPRINT, #fingerprint, #other, #missing);
                }
            };
        }
    }

    /// The services whose modules are in other packages of the user.
    #[cfg(feature = "include-policy")]
    pub(crate) fn elsewhere(&self) -> impl Iterator<Item = &Service> {
        let services = self.catalog.services().iter();
        services.filter(|service| {
            let own = self.modules.get(&service.prefix);
            own.is_some_and(|module| module.is_elsewhere)
        })
    }
}

/// The input that determines the catalogs of a crate.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Crate {
    /// The location of the bundle and its package.
    snapshot: Option<String>,
    directory: Option<PathBuf>,
    /// Whether this is the package's library, as opposed to a program, an example or a test.
    target: Target,
}

/// The target of a package that is being compiled.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Target {
    /// The crate's name, as used in code.
    name: Option<String>,
    /// Whether it is a program, which may have the library's name, or an example in documentation.
    is_beside_the_library: bool,
}

impl Target {
    /// Whether this is the library with the name `library`.
    fn is(&self, library: &str) -> bool {
        let is_named_so = self.name.as_ref().is_none_or(|name| name == library);
        is_named_so && !self.is_beside_the_library
    }
}

impl Crate {
    fn from_environment() -> Self {
        let is_set = |variable| env::var_os(variable).is_some();
        Self {
            snapshot: env::var(SNAPSHOT_VARIABLE).ok(),
            directory: env::var_os("CARGO_MANIFEST_DIR").map(PathBuf::from),
            target: Target {
                name: env::var("CARGO_CRATE_NAME").ok(),
                is_beside_the_library: is_set("CARGO_BIN_NAME")
                    || is_set("UNSTABLE_RUSTDOC_TEST_PATH"),
            },
        }
    }

    fn read(&self) -> Result<Catalogs, String> {
        let builtin = Catalogs::builtin()?;
        let Some(place) = self.snapshot()? else {
            self.refuse_unread_catalogs()?;
            return Ok(builtin);
        };
        let text = fs::read_to_string(place.path)
            .map_err(|error| messages::unreadable_snapshot(place.path, &error))?;
        let snapshot = CatalogBundle::read(&text, place.fingerprint)
            .map_err(|error| messages::snapshot(&error))?;
        let (own, modules) = snapshot.catalog();
        let modules = own.services().iter().zip(modules).map(|(service, module)| {
            let own = OwnModule {
                #[cfg(feature = "include-policy")]
                is_elsewhere: module.is_some_and(|module| !module.starts_with("crate::")),
                segments: module
                    .map_or_else(
                        || self.own_module(service, snapshot.library()),
                        str::to_owned,
                    )
                    .split("::")
                    .map(str::to_owned)
                    .collect(),
            };
            (service.prefix.clone(), own)
        });
        Ok(Catalogs {
            modules: modules.collect(),
            catalog: own.beside(&builtin.catalog),
        })
    }

    /// The location of this package's bundle, if it has one.
    ///
    /// A test or program of a package with catalogs passes the variable on to every compiler that it starts. A variable
    /// that names another package does not apply to this one.
    fn snapshot(&self) -> Result<Option<SnapshotPlace<'_>>, String> {
        let Some(value) = &self.snapshot else {
            return Ok(None);
        };
        let Some(place) = SnapshotPlace::read(value) else {
            return Err(messages::no_snapshot(SNAPSHOT_VARIABLE, value));
        };
        let is_ours = self.directory.as_deref() == Some(place.package);
        Ok(is_ours.then_some(place))
    }

    /// The module of a service for which the manifest names none: in the package's library, if it has one.
    fn own_module(&self, service: &Service, library: Option<&str>) -> String {
        match library {
            Some(library) if !self.target.is(library) => {
                format!("{library}::{}", service.module_name())
            }
            _ => service.module_in_crate(),
        }
    }

    /// Catalogs that no build script has read would be ignored without notice.
    fn refuse_unread_catalogs(&self) -> Result<(), String> {
        // Without a manifest there can be neither a package nor a location for catalogs.
        let Some(directory) = self
            .directory
            .as_ref()
            .filter(|path| path.join("Cargo.toml").exists())
        else {
            return Ok(());
        };
        let package = Package::open(directory).map_err(|error| messages::no_package(&error))?;
        match package.paths().next() {
            None => Ok(()),
            Some(path) => Err(messages::no_build_script(path)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn in_library(module: &str) -> Catalogs {
        let text = include_str!("../../catalog/tests/golden/shelf.toml");
        let file = pinpoint_iam_catalog::SourceFile::new("shelf.toml", text);
        let own = OwnModule {
            segments: module.split("::").map(str::to_owned).collect(),
            #[cfg(feature = "include-policy")]
            is_elsewhere: !module.starts_with("crate::"),
        };
        Catalogs {
            catalog: Catalog::load([file])
                .unwrap()
                .beside(&Catalogs::builtin().unwrap().catalog),
            modules: BTreeMap::from([("shelf".to_owned(), own)]),
        }
    }

    fn module(catalogs: &Catalogs, prefix: &str) -> String {
        let service = catalogs.catalog().service(prefix).unwrap();
        let module = catalogs.module(service, &crate::paths::root(), Span::call_site());
        let path = quote::quote!(#module).to_string();
        path.replace(' ', "")
    }

    #[test]
    fn each_service_has_its_module() {
        let here = in_library("crate::shelf");
        assert_eq!(module(&here, "shelf"), "crate::shelf");
        assert_eq!(
            module(&here, "mobiletargeting"),
            "::pinpoint_iam::mobiletargeting"
        );
        let elsewhere = in_library("acme_catalog::services::shelf");
        assert_eq!(
            module(&elsewhere, "shelf"),
            "::acme_catalog::services::shelf"
        );
    }

    fn with_snapshot(snapshot: &str, directory: &str) -> Result<Catalogs, String> {
        let this = Crate {
            snapshot: Some(snapshot.to_owned()),
            directory: Some(PathBuf::from(directory)),
            target: Target {
                name: None,
                is_beside_the_library: false,
            },
        };
        this.read()
    }

    /// Compilers that a test starts inherit the environment of the test.
    #[test]
    fn a_snapshot_of_another_package_does_not_apply() {
        let snapshot = "1\t/acme\t/acme/no/such/file";
        let own = with_snapshot(snapshot, "/acme").unwrap_err();
        assert!(own.contains("`/acme/no/such/file`"), "{own}");
        for other in ["/bystander", "/acme/bystander", "/", ""] {
            let catalogs = with_snapshot(snapshot, other).unwrap();
            assert!(catalogs.modules.is_empty(), "{other}");
        }
        // This does not hide catalogs that no build script has read.
        let widgets = concat!(env!("CARGO_MANIFEST_DIR"), "/../examples/widgets");
        let unread = with_snapshot(snapshot, widgets).unwrap_err();
        assert!(
            unread.contains("no build script reads the catalog"),
            "{unread}"
        );
    }

    #[test]
    fn what_no_build_script_writes_is_refused() {
        for value in ["", "1", "1 /acme/file", "1\t/acme", "1\t/acme\t/file\t"] {
            let refused = with_snapshot(value, "/acme").unwrap_err();
            assert!(refused.contains("invalid value of"), "{value:?}");
        }
    }

    #[test]
    fn programs_and_tests_use_the_library() {
        let of = |name: &str, is_beside_the_library| Crate {
            snapshot: None,
            directory: None,
            target: Target {
                name: Some(name.to_owned()),
                is_beside_the_library,
            },
        };
        let catalogs = in_library("crate::shelf");
        let shelf = catalogs.catalog().service("shelf").unwrap();
        for (this, library, module) in [
            (of("books", false), Some("books"), "crate::shelf"),
            (of("books", true), Some("books"), "books::shelf"),
            (of("lending_test", false), Some("books"), "books::shelf"),
            (of("books", true), None, "crate::shelf"),
        ] {
            assert_eq!(this.own_module(shelf, library), module, "{this:?}");
        }
    }

    #[test]
    fn bare_names_are_the_crates_own() {
        let catalogs = in_library("crate::shelf");
        let resolve = |module, name| {
            let found = catalogs.catalog().resolve(module, name);
            found
                .map(|(service, _)| service.prefix.clone())
                .map_err(|error| error.to_string())
        };
        assert_eq!(resolve(None, "LendBook").as_deref(), Ok("shelf"));
        assert_eq!(resolve(Some("shelf"), "LendBook").as_deref(), Ok("shelf"));
        assert_eq!(
            resolve(Some("mobiletargeting"), "GetCampaign").as_deref(),
            Ok("mobiletargeting")
        );
        assert_eq!(
            resolve(None, "GetCampaign"),
            Err("unknown action `GetCampaign`; write `mobiletargeting::GetCampaign`".to_owned())
        );
    }

    #[test]
    fn a_snapshot_that_is_gone_or_changed_is_refused() {
        let directory = env::temp_dir();
        let path = directory.join(format!("pinpoint-iam-snapshot-{}", std::process::id()));
        let message = |snapshot: &str| with_snapshot(snapshot, "/acme").unwrap_err();
        let snapshot = format!("0123456789abcdef\t/acme\t{}", path.display());
        let gone = message(&snapshot);
        assert!(gone.contains("cannot read"), "{gone}");
        fs::write(&path, "pinpoint-iam-catalogs 2\n").unwrap();
        let changed = message(&snapshot);
        fs::remove_file(&path).unwrap();
        assert!(
            changed.contains("changed while the crate was being compiled"),
            "{changed}"
        );
    }

    #[test]
    fn catalogs_that_nobody_has_read_are_refused() {
        let this = |directory: &str| Crate {
            snapshot: None,
            directory: Some(PathBuf::from(env!("CARGO_MANIFEST_DIR")).join(directory)),
            target: Target {
                name: None,
                is_beside_the_library: false,
            },
        };
        // This crate has no catalogs.
        assert!(this("").read().is_ok());
        let message = this("tests/unread").read().unwrap_err();
        assert!(message.contains("`catalog/widgets.toml`"), "{message}");
        assert!(
            message.contains("pinpoint_iam_catalog::build()"),
            "{message}"
        );
    }
}
