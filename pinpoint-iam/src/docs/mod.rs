//! Documents from the catalog: pages of tables, and what writes them.

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

pub use access::{AccessMatrix, AccessMatrixBuilder, Dependence, ResourceDependence, RouteVerdict};
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
};
pub use quoted::quoted_table;
pub use routes::RoutesDocument;
pub use service::{arn_of, service_page, service_tables};
pub use table::{Column, Page, Row, Table};
