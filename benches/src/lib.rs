//! Benchmarks of decisions, for this crate and for others.
//!
//! [`workload`] generates the policies and the questions, [`engine`] contains the engines that decide them, [`lists`]
//! checks many resources and actions, [`measure`] times and counts, [`report`] prints, [`service`] is a web service, and
//! [`http_load`] measures its rates. The targets in `benches/` combine them.

#[cfg(feature = "actix")]
pub mod actix_service;
pub mod engine;
pub mod http_load;
pub mod lists;
pub mod measure;
pub mod random;
pub mod report;
pub mod service;
pub mod workload;

/// The error type of the targets.
pub type Failure = Box<dyn std::error::Error>;
