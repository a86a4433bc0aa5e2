//! Compares declared with mounted handlers.

use std::collections::BTreeSet;

use super::AuditError;
use super::mounts::{self, What};
use super::names::{Named, resolve};
use super::source::{Mark, Sources};

/// The message for a handler that is declared but not mounted.
pub(super) const NOT_MOUNTED: &str = "has a declaration but is not mounted; mount it or remove it";

/// Returns every finding, ordered by file.
pub(super) fn of(sources: &Sources) -> Vec<AuditError> {
    let mut faults = sources.faults.clone();
    let mut named: BTreeSet<(usize, String)> = BTreeSet::new();
    for (number, module) in sources.modules.iter().enumerate() {
        let found = mounts::of(sources, number);
        named.extend(found.named);
        for mounted in found.mounted {
            let place = format!("{}:{}", module.file, mounted.line);
            match mounted.what {
                What::Unseen(handler, why) => faults.push(AuditError {
                    place,
                    handler,
                    message: why.to_owned(),
                }),
                What::Function(home, name) => {
                    if !is_handler(sources, home, &name) {
                        faults.push(AuditError {
                            place,
                            handler: path(sources, home, &name),
                            message: "is mounted with neither `#[requires(..)]` nor `#[public(..)]`; add one of them"
                                .to_owned(),
                        });
                    }
                    named.insert((home, name));
                }
            }
        }
    }
    for (number, module) in sources.modules.iter().enumerate() {
        for (name, functions) in &module.functions {
            let is_forgotten =
                is_handler(sources, number, name) && !named.contains(&(number, name.clone()));
            if let Some(first) = functions.first().filter(|_| is_forgotten) {
                faults.push(AuditError {
                    place: format!("{}:{}", module.file, first.line),
                    handler: path(sources, number, name),
                    message: NOT_MOUNTED.to_owned(),
                });
            }
        }
    }
    faults
}

/// Whether every function of this name has one of our attributes, and is called by a framework.
fn is_handler(sources: &Sources, module: usize, name: &str) -> bool {
    let functions = sources
        .modules
        .get(module)
        .and_then(|module| module.functions.get(name));
    functions.is_some_and(|functions| {
        functions.iter().all(|function| {
            function
                .attributes
                .iter()
                .any(|attribute| !attribute.has_guard && is_ours(sources, module, attribute))
        })
    })
}

/// Whether an attribute is `#[requires]` or `#[public]`, possibly renamed by `use`.
fn is_ours(sources: &Sources, module: usize, attribute: &Mark) -> bool {
    let path = match resolve(sources, module, &attribute.path) {
        Named::Foreign(path) => path,
        Named::Function(..) | Named::Module(_) | Named::Unknown => attribute.path.clone(),
    };
    path.last()
        .is_some_and(|name| name == "requires" || name == "public")
}

fn path(sources: &Sources, module: usize, name: &str) -> String {
    match sources.modules.get(module) {
        Some(module) => format!("{}::{name}", module.path),
        None => name.to_owned(),
    }
}
