//! Messages about the catalogs of the crate being compiled.

use std::io;
use std::path::Path;

use pinpoint_iam_catalog::{CatalogBundleError, PackageError, Service};
use quote::ToTokens;

use crate::paths::Module;

pub(crate) fn no_build_script(path: &str) -> String {
    format!(
        "the catalog `{path}` of this crate is not known: no build script has read it\n\
         help: add `pinpoint-iam-catalog` to `[build-dependencies]` and a `build.rs` with \
         `fn main() -> std::process::ExitCode {{ pinpoint_iam_catalog::build() }}`; if the file is no catalog, write \
         `catalogs = []` under `[package.metadata.pinpoint-iam]`"
    )
}

pub(crate) fn no_package(error: &PackageError) -> String {
    format!("the catalogs of this crate cannot be told: {error}")
}

pub(crate) fn no_snapshot(variable: &str, value: &str) -> String {
    format!(
        "`{variable}` holds `{}`, which no build script of ours writes\n\
         help: leave the variable to `pinpoint_iam_catalog::build()`",
        value.escape_debug()
    )
}

pub(crate) fn unreadable_snapshot(path: &Path, error: &io::Error) -> String {
    format!(
        "`{}`, which the build script wrote, cannot be read: {error}\nhelp: build again",
        path.display()
    )
}

pub(crate) fn snapshot(error: &CatalogBundleError) -> String {
    let help = match error {
        CatalogBundleError::Unreadable => "\nhelp: depend on one version of both",
        CatalogBundleError::Changed => "\nhelp: build again",
        _ => "",
    };
    format!("{error}{help}")
}

pub(crate) fn another_catalog(service: &Service, module: &Module) -> String {
    let module = module.to_token_stream().to_string().replace(' ', "");
    format!(
        "the catalog `{}` differs from the one that the module `{module}` was generated from\n\
         help: name the file of that module's package, or copy it again",
        service.file,
    )
}
