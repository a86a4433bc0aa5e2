//! The records and the operations on them, in the formats of Pinpoint's REST API.
//!
//! The operations do not check permissions: that is the task of `#[requires(..)]` on the handlers.
//!
//! Members that the service stores without using them (`Schedule`, `MessageConfiguration`, …) are kept unchanged.

pub(crate) mod applications;
pub(crate) mod campaigns;
pub(crate) mod journeys;
pub(crate) mod metrics;
pub(crate) mod page;
pub(crate) mod reports;
pub(crate) mod segments;
pub(crate) mod settings;
pub(crate) mod store;
