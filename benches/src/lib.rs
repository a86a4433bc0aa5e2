//! What a decision costs, here and elsewhere.
//!
//! [`workload`] makes the policies and the questions, [`engine`] has everyone that answers them, [`measure`] times and
//! counts, [`report`] prints, [`service`] is a web service. The targets in `benches/` put them together.

pub mod engine;
pub mod measure;
pub mod random;
pub mod report;
pub mod service;
pub mod workload;

/// What a target fails with.
pub type Failure = Box<dyn std::error::Error>;
