//! The name of the dependency `pinpoint-iam` in the crate being compiled.
//!
//! The manifest is read with the TOML parser that is needed for the catalog. `proc-macro-crate` would add a TOML editor
//! and run `cargo` once per crate, which costs more than all attributes of a crate together.

use std::collections::HashMap;
use std::env;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};
use std::time::SystemTime;

use toml::{Table, Value};

/// The package to search for.
const PACKAGE: &str = "pinpoint-iam";

/// The tables of a manifest that name dependencies available to code.
const TABLES: [&str; 2] = ["dependencies", "dev-dependencies"];

/// The result for each manifest, with the manifest's modification time. A compiler has one manifest; an editor's macro
/// server has several.
type Known = HashMap<PathBuf, (Option<SystemTime>, Option<String>)>;

/// The name, if the manifest renames the package; `None` if it does not, or if the manifest cannot be read.
pub(super) fn name() -> Option<String> {
    static KNOWN: Mutex<Option<Known>> = Mutex::new(None);
    let directory = PathBuf::from(env::var_os("CARGO_MANIFEST_DIR")?);
    let manifest = match env::var_os("CARGO_MANIFEST_PATH") {
        Some(path) => PathBuf::from(path),
        None => directory.join("Cargo.toml"),
    };
    let changed = fs::metadata(&manifest)
        .and_then(|data| data.modified())
        .ok();
    let mut known = KNOWN.lock().unwrap_or_else(PoisonError::into_inner);
    let known = known.get_or_insert_default();
    if let Some((then, name)) = known.get(&manifest)
        && *then == changed
    {
        return name.clone();
    }
    let name = read(&manifest).and_then(|own| {
        renamed(&own, &|| {
            let workspace = own
                .get("package")
                .and_then(|package| package.get("workspace"));
            match workspace.and_then(Value::as_str) {
                Some(path) => read(&directory.join(path).join("Cargo.toml")),
                None => directory
                    .ancestors()
                    .filter_map(|above| read(&above.join("Cargo.toml")))
                    .find(|manifest| manifest.contains_key("workspace")),
            }
        })
    });
    known.insert(manifest, (changed, name.clone()));
    name
}

fn read(path: &Path) -> Option<Table> {
    fs::read_to_string(path).ok()?.parse().ok()
}

/// The name that `manifest` gives to the package, if it differs from the package's own name.
fn renamed(manifest: &Table, workspace: &dyn Fn() -> Option<Table>) -> Option<String> {
    let own_name = manifest
        .get("package")
        .and_then(|package| package.get("name"));
    let dependencies = dependencies(manifest);
    let is_known_by_its_name = dependencies
        .iter()
        .any(|(key, entry)| *key == PACKAGE && entry.get("package").is_none());
    if is_known_by_its_name || own_name.and_then(Value::as_str) == Some(PACKAGE) {
        return None;
    }
    let is_package = |entry: &Value| entry.get("package").and_then(Value::as_str) == Some(PACKAGE);
    let inherits = |entry: &Value| entry.get("workspace").and_then(Value::as_bool) == Some(true);
    let direct = dependencies.iter().find(|(_, entry)| is_package(entry));
    let found = direct.map(|(key, _)| *key).or_else(|| {
        let mut inherited = dependencies
            .iter()
            .filter(|(_, entry)| inherits(entry))
            .map(|(key, _)| *key)
            .peekable();
        inherited.peek()?;
        let workspace = workspace()?;
        let shared = workspace.get("workspace")?.get("dependencies")?;
        inherited.find(|key| shared.get(key).is_some_and(is_package))
    });
    found.map(|name| name.replace('-', "_"))
}

/// Every dependency of a manifest, including those for specific platforms.
fn dependencies(manifest: &Table) -> Vec<(&str, &Value)> {
    let platforms = manifest
        .get("target")
        .and_then(Value::as_table)
        .into_iter()
        .flat_map(Table::values)
        .filter_map(Value::as_table);
    [manifest]
        .into_iter()
        .chain(platforms)
        .flat_map(|place| {
            TABLES
                .iter()
                .filter_map(|table| place.get(*table)?.as_table())
        })
        .flat_map(|table| table.iter().map(|(key, entry)| (key.as_str(), entry)))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(manifest: &str, workspace: &str) -> Option<String> {
        renamed(&manifest.parse().unwrap(), &|| workspace.parse().ok())
    }

    #[test]
    fn a_dependency_under_its_own_name_is_not_renamed() {
        for manifest in [
            "",
            "[dependencies]\npinpoint-iam = \"0.1\"",
            "[dependencies]\nserde = { workspace = true }\npinpoint-iam = { workspace = true }",
            "[dependencies]\nguard = { package = \"pinpoint-iam-core\" }",
            "[package]\nname = \"pinpoint-iam\"\n[dev-dependencies]\nguard = { package = \"pinpoint-iam\" }",
            "[dependencies]\npinpoint-iam = \"0.1\"\nguard = { package = \"pinpoint-iam\" }",
        ] {
            assert_eq!(found(manifest, ""), None, "{manifest}");
        }
    }

    #[test]
    fn another_name_is_found_wherever_it_stands() {
        for table in [
            "dependencies",
            "dev-dependencies",
            "target.'cfg(unix)'.dependencies",
            "target.x86_64-unknown-linux-gnu.dev-dependencies",
        ] {
            let manifest = format!("[{table}]\nmy-guard = {{ package = \"pinpoint-iam\" }}");
            assert_eq!(found(&manifest, ""), Some("my_guard".to_owned()), "{table}");
        }
    }

    #[test]
    fn a_name_is_inherited_from_the_workspace() {
        let manifest = "[dependencies]\nserde.workspace = true\nguard = { workspace = true }";
        let workspace = "[workspace.dependencies]\nserde = \"1\"\nguard = { package = \"pinpoint-iam\", version = \"0.1\" }";
        assert_eq!(found(manifest, workspace), Some("guard".to_owned()));
        assert_eq!(
            found(manifest, "[workspace.dependencies]\nguard = \"1\""),
            None
        );
        assert_eq!(found(manifest, "[workspace]"), None);
    }

    #[test]
    fn a_package_of_that_key_that_is_another_one_does_not_count() {
        let manifest = "[dependencies]\npinpoint-iam = { package = \"other\" }\nguard = { package = \"pinpoint-iam\" }";
        assert_eq!(found(manifest, ""), Some("guard".to_owned()));
    }
}
