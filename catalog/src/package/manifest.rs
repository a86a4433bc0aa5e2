//! The catalogs in a package's `Cargo.toml`.

use toml::Spanned;
use toml::de::{DeTable, DeValue};

use super::PackageCatalog;
use crate::error::Reporter;
use crate::names;
use crate::reader::entries::Text;
use crate::reader::table::{Table, TextOrTable};

/// The result of parsing a manifest.
pub(super) struct Manifest {
    /// The name of the library, as used in code.
    pub(super) library: Option<String>,
    /// The catalogs, if the manifest names them.
    pub(super) catalogs: Option<Vec<PackageCatalog>>,
}

/// Parses the manifest; `has_library_file` is true if `src/lib.rs` exists.
///
/// Everything except our own table belongs to cargo, which reports errors in it.
pub(super) fn read(
    text: &str,
    has_library_file: bool,
    reporter: &Reporter<'_>,
) -> Option<Manifest> {
    let document = match DeTable::parse(text) {
        Ok(document) => document,
        Err(error) => {
            reporter.report(
                &error.span().unwrap_or_default(),
                error.message().replace('\n', ", "),
                "the manifest is not valid TOML",
            );
            return None;
        }
    };
    let document = document.get_ref();
    let package = table(document, "package");
    let ours = package
        .and_then(|package| table(package, "metadata"))
        .and_then(|metadata| metadata.get_key_value("pinpoint-iam"));
    let catalogs = match ours {
        None => None,
        Some((key, value)) => match value.get_ref().as_table() {
            Some(entries) => {
                let what = "`package.metadata.pinpoint-iam`";
                catalogs(Table::within(entries, what, key.span(), reporter))
            }
            None => {
                reporter.report(
                    &value.span(),
                    "`package.metadata.pinpoint-iam` is not a table",
                    "write `[package.metadata.pinpoint-iam]`",
                );
                None
            }
        },
    };
    Some(Manifest {
        library: library(document, package, has_library_file),
        catalogs,
    })
}

fn catalogs(mut ours: Table<'_>) -> Option<Vec<PackageCatalog>> {
    let items = ours.texts_or_tables("catalogs");
    let catalogs = items.map(|items| {
        let read = items.into_iter().filter_map(|item| match item {
            TextOrTable::Text(path) => Some(PackageCatalog {
                path: path.into_inner(),
                module: None,
            }),
            TextOrTable::Table(mut table) => {
                let path = table.required_text("path");
                let module = table.text("module");
                let module_is_good = module
                    .as_ref()
                    .is_none_or(|module| check_module(module, &table));
                table.finish();
                Some(PackageCatalog {
                    path: path?.into_inner(),
                    module: module.map(Spanned::into_inner).filter(|_| module_is_good),
                })
            }
        });
        read.collect()
    });
    ours.finish();
    catalogs
}

/// A module path starts with a crate: `crate::widgets`, `acme_catalog::widgets`.
fn check_module(module: &Text, table: &Table<'_>) -> bool {
    let segments: Vec<&str> = module.get_ref().split("::").collect();
    let is_name = |name: &str| {
        name.starts_with(|first: char| first.is_ascii_alphabetic() || first == '_')
            && name
                .bytes()
                .all(|byte| byte.is_ascii_alphanumeric() || byte == b'_')
            && !names::is_keyword(name)
    };
    let good = match segments.as_slice() {
        [first, rest @ ..] => {
            !rest.is_empty()
                && (*first == "crate" || is_name(first))
                && rest.iter().all(|name| is_name(name))
        }
        [] => false,
    };
    if !good {
        table.report(
            module,
            format!("`{}` is not a valid module path", module.get_ref()),
            "write it from the root of its crate, as in `acme_catalog::widgets` or `crate::widgets`",
        );
    }
    good
}

/// The name of the package's library, if it has one.
fn library(
    document: &DeTable<'_>,
    package: Option<&DeTable<'_>>,
    has_library_file: bool,
) -> Option<String> {
    let section = table(document, "lib");
    if section.is_none() && !has_library_file {
        return None;
    }
    let name = |table: &DeTable<'_>| Some(table.get("name")?.get_ref().as_str()?.to_owned());
    let name = section.and_then(name).or_else(|| package.and_then(name))?;
    Some(names::snake_case(&name))
}

fn table<'t>(table: &'t DeTable<'_>, key: &str) -> Option<&'t DeTable<'t>> {
    table
        .get(key)
        .map(Spanned::get_ref)
        .and_then(DeValue::as_table)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn manifest(text: &str, has_library_file: bool) -> Result<Manifest, String> {
        let reporter = Reporter::new("Cargo.toml", text);
        let manifest = read(text, has_library_file, &reporter);
        let faults = reporter.finish();
        match (manifest, faults.as_slice()) {
            (Some(manifest), []) => Ok(manifest),
            (_, faults) => {
                let faults: Vec<String> = faults.iter().map(ToString::to_string).collect();
                Err(faults.join("\n"))
            }
        }
    }

    #[test]
    fn catalogs_are_named_or_found() {
        let named = |text: &str| {
            let catalogs = manifest(text, true).unwrap().catalogs?;
            Some(
                catalogs
                    .into_iter()
                    .map(|catalog| (catalog.path, catalog.module))
                    .collect::<Vec<_>>(),
            )
        };
        assert_eq!(named("[package]\nname = \"a\""), None);
        assert_eq!(named("[package.metadata.other]\ncatalogs = 7"), None);
        assert_eq!(named("[package.metadata.pinpoint-iam]"), None);
        assert_eq!(
            named("[package.metadata.pinpoint-iam]\ncatalogs = []"),
            Some(Vec::new())
        );
        let text = r#"
            [package.metadata.pinpoint-iam]
            catalogs = ["a.toml", { path = "../b/b.toml", module = "b::b" }, { path = "c.toml" }]
        "#;
        assert_eq!(
            named(text),
            Some(vec![
                ("a.toml".to_owned(), None),
                ("../b/b.toml".to_owned(), Some("b::b".to_owned())),
                ("c.toml".to_owned(), None),
            ])
        );
    }

    #[test]
    fn faults_have_their_place() {
        for (text, fault) in [
            (
                "catalogs = 7",
                "2:12: `catalogs` of `package.metadata.pinpoint-iam` is of the TOML type integer; expected a list",
            ),
            (
                "catalogs = [7]",
                "2:13: `catalogs` of `package.metadata.pinpoint-iam` is of the TOML type integer; expected a text in quotes or a table",
            ),
            (
                "catalog = []",
                "2:1: unknown key `catalog` in `package.metadata.pinpoint-iam`; did you mean `catalogs`?",
            ),
            (
                "catalogs = [{ module = \"a::b\" }]",
                "2:13: an entry of `catalogs` has no `path`; add `path = \"…\"`",
            ),
            (
                "catalogs = [{ path = \"a\", modul = \"a::b\" }]",
                "2:27: unknown key `modul` in an entry of `catalogs`; did you mean `module`?",
            ),
        ] {
            let text = format!("[package.metadata.pinpoint-iam]\n{text}");
            let found = manifest(&text, true).map(|_| ()).unwrap_err();
            assert_eq!(found, format!("Cargo.toml:{fault}"));
        }
        assert!(manifest("[package.metadata]\npinpoint-iam = 1", true).is_err());
        assert!(manifest("[package", true).is_err());
    }

    #[test]
    fn modules_are_paths_from_a_root() {
        for (module, good) in [
            ("crate::widgets", true),
            ("acme_catalog::a::b", true),
            ("widgets", false),
            ("crate", false),
            ("::acme::widgets", false),
            ("acme::", false),
            ("self::widgets", false),
            ("super::widgets", false),
            ("acme::type", false),
            ("acme-catalog::widgets", false),
            ("acme::widgets; fn x() {}", false),
        ] {
            let text = format!(
                "[package.metadata.pinpoint-iam]\ncatalogs = [{{ path = \"a\", module = \"{module}\" }}]"
            );
            assert_eq!(manifest(&text, true).is_ok(), good, "{module}");
        }
    }

    #[test]
    fn the_library_has_the_name_that_code_writes() {
        let library = |text: &str, file| manifest(text, file).unwrap().library;
        let package = "[package]\nname = \"acme-service\"\n";
        assert_eq!(library(package, true).as_deref(), Some("acme_service"));
        assert_eq!(library(package, false), None);
        let named = format!("{package}[lib]\nname = \"acme\"\n");
        assert_eq!(library(&named, false).as_deref(), Some("acme"));
        let path = format!("{package}[lib]\npath = \"lib.rs\"\n");
        assert_eq!(library(&path, false).as_deref(), Some("acme_service"));
    }
}
