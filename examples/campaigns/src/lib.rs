//! A small service in the style of Pinpoint whose handlers are protected by IAM policies, on axum or actix-web.
//!
//! - `api`: the handlers with their `#[requires(..)]`, which are the same for both frameworks
//! - `routes`: the list of the handlers, which is mounted on either framework
//! - `on_axum` and `on_actix`: everything that depends on the framework
//! - `prometheus`: the metrics of the process
//! - `admin`: the freshness of the policies, on a port of its own
//! - `origin`: where the policies come from: a directory, a bucket or PostgreSQL
//! - `callers`: the principals, from `callers.toml`; the policies are in `policies/`
//! - `records`: the records and the operations on them, which do not check permissions
//! - `main_loop`: from the command line to the exit status

mod admin;
mod api;
mod arguments;
mod authentication;
mod body;
mod callers;
mod campaigns {
    //! Generated from `catalog/campaigns.toml`.
    pinpoint_iam::include_catalog!("campaigns");
}
mod clock;
mod deployment;
#[cfg(test)]
mod documents;
mod error;
mod identifier;
mod main_loop;
#[cfg(feature = "actix")]
mod on_actix;
#[cfg(feature = "axum")]
mod on_axum;
mod origin;
mod prometheus;
mod query;
mod records;
mod routes;
mod shutdown;
mod startup_message;
#[cfg(test)]
mod sweep;

pub use self::main_loop::run;

#[cfg(not(any(feature = "actix", feature = "axum")))]
compile_error!("the service needs a web framework: enable the feature `axum` or `actix`");
