//! Catalogs: what there is to authorize in a service.
//!
//! A catalog lists a service's actions, its resource types with their ARN templates, its condition keys and its HTTP
//! routes. It is data, one TOML file for each service. This crate reads it, checks it, looks names up in it and turns
//! it into Rust.
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
//! A service with its own actions keeps a TOML file of its own and generates its types in its build script, see
//! [`build`] and [`Package`]. The module [`format`](mod@format) describes the file.

mod build;
mod check;
mod codegen;

mod fault;
mod fingerprint;
pub mod format;
mod load;
mod lookup;
mod model;
mod names;
mod package;
mod template;

/// The JSON Schema of catalog files, for editors that know TOML schemas.
pub const SCHEMA: &str = include_str!("../catalog.schema.json");

pub use build::{SNAPSHOT_VARIABLE, SnapshotPlace, build, build_builtin};
pub use codegen::render;
pub use fault::{Fault, Faults};
pub use load::SourceFile;
pub use lookup::{UnknownAction, nearest};
pub use model::{
    AccessLevel, Action, Binding, Catalog, ConditionKey, DependentAction, IdFormat, KeyPiece,
    Lifecycle, LifecycleState, Placeholder, ResourceType, Route, Service, Source, SourceVariant,
};
pub use package::{CatalogBundle, CatalogBundleError, Package, PackageError};
pub use template::{ArnTemplate, Component, Piece};
