//! Documents: the committed ones equal the rendered ones, and all formats have the same contents.
#![expect(
    clippy::indexing_slicing,
    clippy::panic,
    clippy::unwrap_used,
    reason = "a helper that cannot read a document fails its test"
)]

mod access;
mod access_properties;
mod committed;
mod declared;
mod dependents;
mod developer_guides;
mod freshness;
mod module_order;
mod openapi;
mod page;
mod round_trip;
mod routes;
mod schema;
mod written;
