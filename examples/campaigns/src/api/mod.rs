//! The part of Pinpoint's REST API that the service implements: one file for each group of operations.
//!
//! Every handler has `#[requires(..)]`, so its caller is checked before anything else in the request is read. The types
//! of its parameters and of its response are in [`extract`] and [`respond`]; they work with both frameworks.

pub(crate) mod applications;
pub(crate) mod campaigns;
pub(crate) mod extract;
pub(crate) mod journeys;
pub(crate) mod metrics;
pub(crate) mod process;
pub(crate) mod reports;
pub(crate) mod respond;
pub(crate) mod segments;
pub(crate) mod settings;
