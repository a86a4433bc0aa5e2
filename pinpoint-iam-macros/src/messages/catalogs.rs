//! Messages about the catalogs of the crate being compiled.

use std::io;
use std::path::Path;

use pinpoint_iam_catalog::{CatalogBundleError, PackageError, Service};
use quote::ToTokens;

use crate::paths::{Module, Root};

pub(crate) fn no_build_script(path: &str) -> String {
    format!(
        "no build script reads the catalog `{path}` of this crate\n\
         help: add `pinpoint-iam-catalog` to `[build-dependencies]` and a `build.rs` with \
         `fn main() -> std::process::ExitCode {{ pinpoint_iam_catalog::build() }}`\n\
         help: if the file is not a catalog, write `catalogs = []` below `[package.metadata.pinpoint-iam]` in `Cargo.toml`"
    )
}

pub(crate) fn no_package(error: &PackageError) -> String {
    format!("cannot find the catalogs of this crate: {error}")
}

pub(crate) fn no_snapshot(variable: &str, value: &str) -> String {
    format!(
        "invalid value of `{variable}`: `{}`\n\
         help: only `pinpoint_iam_catalog::build()` in a build script sets this variable; remove it from the environment",
        value.escape_debug()
    )
}

pub(crate) fn unreadable_snapshot(path: &Path, error: &io::Error) -> String {
    format!(
        "cannot read `{}`, which the build script wrote: {error}\nhelp: build again",
        path.display()
    )
}

pub(crate) fn snapshot(error: &CatalogBundleError) -> String {
    let help = match error {
        CatalogBundleError::Unreadable => {
            "\nhelp: use the same version of `pinpoint-iam` and `pinpoint-iam-catalog`"
        }
        CatalogBundleError::Changed => "\nhelp: build again",
        _ => "",
    };
    format!("{error}{help}")
}

pub(crate) fn no_module(service: &Service, module: &Module, root: &Root) -> String {
    let (root, file) = (shown(root), &service.file);
    let path = shown(module);
    let path = path.trim_start_matches("::");
    let (parent, name) = path.rsplit_once("::").unwrap_or(("crate", path));
    let parent = match parent {
        "crate" => "the root of this crate".to_owned(),
        parent if parent.contains("::") => format!("the module `{parent}`"),
        parent => format!("the root of the crate `{parent}`"),
    };
    let root = root.trim_start_matches("::");
    format!(
        "`{path}` is not the generated module of the catalog `{file}`\n\
         help: add to {parent}: `pub mod {name} {{ {root}::include_catalog!(\"{prefix}\"); }}`\n\
         help: if `{path}` is another module of yours, choose a path in `Cargo.toml`, below `[package.metadata.pinpoint-iam]`: \
         `catalogs = [{{ path = \"{file}\", module = \"{path}_catalog\" }}]`",
        prefix = service.prefix,
    )
}

pub(crate) fn another_catalog(service: &Service, module: &Module) -> String {
    format!(
        "the module `{}` was generated from another version of the catalog `{}`\n\
         help: copy the file again, or use the path of the original",
        shown(module),
        service.file,
    )
}

fn shown(path: &impl ToTokens) -> String {
    path.to_token_stream().to_string().replace(' ', "")
}
