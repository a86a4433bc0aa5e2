//! What the two campaigns services share: everything but the web framework.
//!
//! [`Program`] is what both programs do with their command line, [`Deployment`] what they need before they serve. The
//! other modules hold the records and what can be done with them, in the shapes of Pinpoint's REST API. Nobody is checked
//! here: that is what `#[requires(..)]` on the handlers of each service does.
//!
//! Members that the service stores without using them (`Schedule`, `MessageConfiguration`, …) are kept as they came.

mod announcement;
pub mod answer;
pub mod applications;
mod arguments;
mod authentication;
pub mod body;
mod callers;
pub mod campaigns;
mod clock;
mod deployment;
pub mod identifier;
pub mod journeys;
pub mod metrics;
pub mod page;
mod program;
pub mod query;
pub mod reports;
pub mod segments;
pub mod settings;
mod shutdown;
mod store;

pub use arguments::Settings;
pub use callers::Callers;
pub use deployment::Deployment;
pub use program::Program;
pub use shutdown::Signals;
pub use store::Store;
