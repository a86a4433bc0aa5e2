//! The part of Pinpoint's REST API that the service answers: one file for each group of operations.
//!
//! Every handler carries `#[requires(..)]`, so its caller is checked before anything else of the request is looked at.
//! Members that the service stores without using them (`Schedule`, `MessageConfiguration`, …) are kept as they came.

pub(crate) mod answer;
pub(crate) mod applications;
pub(crate) mod body;
pub(crate) mod campaigns;
pub(crate) mod journeys;
pub(crate) mod metrics;
pub(crate) mod page;
pub(crate) mod reports;
pub(crate) mod segments;
pub(crate) mod settings;
