//! Documents from the catalog, the annotated handlers and the policies: pages of tables, and functions that write them.
//!
//! | Item | Source and content |
//! | --- | --- |
//! | [`service_page`] | a catalog: operations, actions, resource types, condition keys |
//! | [`RoutesDocument`] | the routes of an application: what each of them requires, what is missing |
//! | [`AccessMatrix`] | routes and policies: who can do what, and the effects of a policy change |
//! | [`LeastPrivilege`] | actions or routes: the smallest policies that grant them |
//! | [`OpenApiAnnotator`] | routes, added to an OpenAPI document |
//! | [`service_openapi`] | a catalog: an OpenAPI document of its routes |
//!
//! A [`Page`] is written by [`markdown`], [`json`], [`csv`] and [`html`], or in all formats by [`files`]. In a test of
//! the application, [`fresh`] compares a committed document with it:
//!
//! ```no_run
//! use pinpoint_iam_docs::{AccessMatrix, RoutesDocument, files, fresh};
//! use pinpoint_iam::source::Directory;
//! use pinpoint_iam::web::RouteTable;
//! use pinpoint_iam::{Principal, Scope, mobiletargeting};
//!
//! # fn routes() -> RouteTable { RouteTable::default() }
//! #[test]
//! # fn hidden() {}
//! fn documents_are_fresh() -> Result<(), Box<dyn std::error::Error>> {
//!     let table = routes(); // `routes![..].table()` of the application
//!     let matrix = AccessMatrix::builder(&Scope::new("aws", "us-east-1", "123456789012"))
//!         .routes(&table)
//!         .principal("analyst", &Principal::from_arn("arn:aws:iam::123456789012:user/analyst")?)
//!         .build(&Directory::open("policies")?)?;
//!     let page = RoutesDocument::new("Campaigns", &table)
//!         .services([&mobiletargeting::SERVICE])
//!         .page()
//!         .with_table(matrix.table("access", "Who can do what"));
//!     for file in files("docs/campaigns", &page) {
//!         fresh(&file.path, &file.text)?;
//!     }
//!     Ok(())
//! }
//! # fn main() {}
//! ```
//!
//! Texts of catalogs, handlers and policies are data in every format: nothing in them becomes markup, a link to a
//! script or a spreadsheet formula. A page reveals the contents of policies, so show it only to readers who may see
//! them.

#![cfg_attr(docsrs, feature(doc_cfg))]

mod access;
mod cell;
mod csv;
mod files;
mod fresh;
mod html;
mod json;
mod least_privilege;
mod markdown;
mod openapi;
mod quoted;
mod routes;
mod service;
mod table;
mod text;

pub use access::{
    AccessMatrix, AccessMatrixBuilder, AccessMatrixError, Dependence, ResourceDependence,
    RouteVerdict,
};
pub use cell::{Cell, Line, Link, Part};
pub use csv::csv;
pub use files::{File, files};
pub use fresh::{Stale, UPDATE_VARIABLE, compare, fresh, update};
pub use html::html;
pub use json::json;
pub use least_privilege::{LeastPrivilege, LeastPrivilegeBuilder, LeastPrivilegeError};
pub use markdown::markdown;
pub use openapi::{
    IAM_MEMBER, InvalidOpenApi, OpenApiAnnotator, OpenApiFinding, PERMISSIONS_MEMBER,
    service_openapi,
};
pub use quoted::quoted_table;
pub use routes::RoutesDocument;
pub use service::{arn_of, service_page, service_tables};
pub use table::{Column, Page, Row, Table};
