//! Catalogs: the actions, resources and condition keys of a service.
//!
//! A catalog lists a service's actions, its resource types with their ARN templates, its condition keys and its HTTP
//! routes. It is data, with one TOML file for each service. This crate parses and checks catalogs, looks up names in
//! them and generates Rust code from them.
//!
//! ```
//! let catalog = pinpoint_iam_catalog::Catalog::builtin()?;
//! let (service, action) = catalog.resolve(None, "GetCampaign")?;
//! assert_eq!(service.prefix, "mobiletargeting");
//! assert_eq!(action.resources[0].type_name(), "Campaign");
//!
//! let error = catalog.resolve(None, "GetCampagin").unwrap_err();
//! assert_eq!(
//!     error.to_string(),
//!     "unknown action `GetCampagin`; did you mean `GetCampaign` or `GetCampaigns`?"
//! );
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! # Your own catalog
//!
//! A service with its own actions has its own TOML file, and generates its types in its build script, see [`build`] and
//! [`Package`]. The module [`format`](mod@format) describes the file.

mod build;
mod check;
mod codegen;

mod error;
mod fingerprint;
pub mod format;
mod load;
mod lookup;
mod model;
mod names;
mod package;
mod parsed;
mod reader;
mod template;

/// The JSON Schema of catalog files, for editors that support schemas for TOML.
pub const SCHEMA: &str = include_str!("../catalog.schema.json");

pub use build::{SNAPSHOT_VARIABLE, SnapshotPlace, build, build_builtin};
pub use codegen::{MARKER, render};
pub use error::{CatalogError, CatalogErrors};
pub use load::SourceFile;
pub use lookup::{UnknownAction, nearest};
pub use model::{
    AccessLevel, Action, Binding, Catalog, ConditionKey, DependentAction, IdFormat, KeyField,
    KeyShape, Lifecycle, LifecycleState, Placeholder, ResourceType, Route, Service, Source,
    SourceVariant,
};
pub use names::KeyPiece;
pub use package::{CatalogBundle, CatalogBundleError, Package, PackageError};
pub use template::{ArnTemplate, Component, Piece};
