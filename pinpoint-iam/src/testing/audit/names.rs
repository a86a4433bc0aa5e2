//! Resolves paths in the source of a crate.

use super::source::Sources;

/// The item that a path resolves to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Named {
    /// A function of the crate: its module and name.
    Function(usize, String),
    /// A module of the crate.
    Module(usize),
    /// An item of another crate, with its path.
    Foreign(Vec<String>),
    /// A variable, or an unresolved name.
    Unknown,
}

/// The maximum number of imports to follow, which bounds cyclic imports.
const LONGEST_CHAIN: usize = 32;

/// Resolves the path `segments` in a module.
pub(super) fn resolve(sources: &Sources, module: usize, segments: &[String]) -> Named {
    follow(sources, module, segments, LONGEST_CHAIN)
}

fn follow(sources: &Sources, module: usize, segments: &[String], left: usize) -> Named {
    let (Some(left), Some((first, rest))) = (left.checked_sub(1), segments.split_first()) else {
        return Named::Unknown;
    };
    match first.as_str() {
        "crate" => inside(sources, root(sources, module), rest, left),
        "self" => inside(sources, named_module(sources, module), rest, left),
        "super" => {
            let here = named_module(sources, module);
            match sources.modules.get(here).and_then(|module| module.parent) {
                Some(parent) => match rest.first().map(String::as_str) {
                    Some("super") => follow(sources, parent, rest, left),
                    _ => inside(sources, named_module(sources, parent), rest, left),
                },
                None => Named::Unknown,
            }
        }
        _ => {
            let mut scope = Some(module);
            while let Some(here) = scope {
                match inside(sources, here, segments, left) {
                    Named::Unknown => {}
                    found => return found,
                }
                scope = sources
                    .modules
                    .get(here)
                    .filter(|module| module.is_block)
                    .and_then(|module| module.parent);
            }
            // A name that the module does not define is a crate if it is followed by further segments.
            if rest.is_empty() {
                Named::Unknown
            } else {
                Named::Foreign(segments.to_vec())
            }
        }
    }
}

/// Resolves a path whose first segment is a name of the module.
fn inside(sources: &Sources, module: usize, segments: &[String], left: usize) -> Named {
    let Some((first, rest)) = segments.split_first() else {
        return Named::Module(module);
    };
    let (Some(left), Some(here)) = (left.checked_sub(1), sources.modules.get(module)) else {
        return Named::Unknown;
    };
    if rest.is_empty() && here.functions.contains_key(first) {
        return Named::Function(module, first.clone());
    }
    if let Some(child) = here.children.get(first) {
        return inside(sources, *child, rest, left);
    }
    let onward = |path: &[String]| [path, rest].concat();
    if let Some(import) = here.imports.get(first) {
        // `use axum::routing` in a module with its own item `axum` is rare. The import must not be resolved through
        // itself.
        return match import.as_slice() {
            [only] if only == first => Named::Foreign(onward(import)),
            [start, ..] if start == first && !is_relative(start) => Named::Foreign(onward(import)),
            _ => follow(sources, module, &onward(import), left),
        };
    }
    here.globs
        .iter()
        .map(|glob| follow(sources, module, &[glob, segments].concat(), left))
        .find(|found| matches!(found, Named::Function(..) | Named::Module(_)))
        .unwrap_or(Named::Unknown)
}

fn is_relative(segment: &str) -> bool {
    matches!(segment, "crate" | "self" | "super")
}

/// Returns the paths of other crates that a module imports with `*`, from which any name may come.
pub(super) fn foreign_globs(sources: &Sources, module: usize) -> Vec<Vec<String>> {
    let mut found = Vec::new();
    let mut scope = Some(module);
    while let Some(here) = scope.and_then(|here| sources.modules.get(here)) {
        for glob in &here.globs {
            if let Named::Foreign(path) = resolve(sources, module, glob) {
                found.push(path);
            } else if let [only] = glob.as_slice() {
                found.push(vec![only.clone()]);
            }
        }
        scope = here.parent.filter(|_| here.is_block);
    }
    found
}

fn root(sources: &Sources, module: usize) -> usize {
    let mut here = module;
    while let Some(parent) = sources.modules.get(here).and_then(|module| module.parent) {
        here = parent;
    }
    here
}

/// Returns the innermost enclosing module that is not a function body.
fn named_module(sources: &Sources, module: usize) -> usize {
    let mut here = module;
    while let Some(block) = sources.modules.get(here).filter(|module| module.is_block) {
        match block.parent {
            Some(parent) => here = parent,
            None => break,
        }
    }
    here
}
