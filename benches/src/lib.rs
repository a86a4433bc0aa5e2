//! Benchmarks of decisions, for this crate and for others.
//!
//! [`workload`] generates the policies and the questions, [`engine`] contains the engines that decide them, [`lists`]
//! checks many resources and actions, [`measure`] times and counts, [`report`] prints, and [`service`] is a web service. The targets in `benches/` combine them.

pub mod engine;
pub mod lists;
pub mod measure;
pub mod random;
pub mod report;
pub mod service;
pub mod workload;

/// The error type of the targets.
pub type Failure = Box<dyn std::error::Error>;
