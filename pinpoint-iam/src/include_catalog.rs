//! `include_catalog!`.

/// The Rust module of one of your own catalogs: actions, resource types and condition keys of its service.
///
/// Put it alone into a module of the service's name. That is the prefix of its actions, with `_` for `-`:
///
/// ```text
/// pub mod widgets {
///     pinpoint_iam::include_catalog!("widgets");
/// }
/// ```
///
/// What it includes was written by the package's build script, which is one line:
///
/// ```text
/// fn main() -> std::process::ExitCode {
///     pinpoint_iam_catalog::build()
/// }
/// ```
///
/// The catalog is a file in the directory `catalog` beside the manifest, or wherever
/// `[package.metadata.pinpoint-iam]` says. Where the module stands elsewhere than in the crate's root, the manifest says so:
/// `catalogs = [{ path = "catalog/widgets.toml", module = "crate::services::widgets" }]`. Several catalogs stand side by
/// side, and a crate of the workspace can use the module of another one:
/// `{ path = "../acme-catalog/catalog/widgets.toml", module = "acme_catalog::widgets" }`, with the same build script.
/// Where the path is that of a copy, the copy must be the same, or nothing that depends on it compiles.
///
/// A crate that calls `pinpoint-iam` by another name says `extern crate other_name as pinpoint_iam;` in its root.
#[macro_export]
macro_rules! include_catalog {
    ($prefix:literal) => {
        ::core::include!(::core::concat!(
            ::core::env!(
                "OUT_DIR",
                "this crate has no build script, which generates the module of the catalog\nhelp: add `pinpoint-iam-catalog` to `[build-dependencies]` and a `build.rs` with `fn main() -> std::process::ExitCode { pinpoint_iam_catalog::build() }`"
            ),
            "/pinpoint-iam/",
            $prefix,
            ".rs"
        ));
    };
}
