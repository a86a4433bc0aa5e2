//! The part of Pinpoint's REST API that the service answers: one file for each group of operations.
//!
//! Every handler carries `#[requires(..)]`, so its caller is checked before anything else of the request is looked at.

pub(crate) mod answer;
pub(crate) mod applications;
pub(crate) mod campaigns;
pub(crate) mod extract;
pub(crate) mod journeys;
pub(crate) mod metrics;
pub(crate) mod reports;
pub(crate) mod segments;
pub(crate) mod settings;
