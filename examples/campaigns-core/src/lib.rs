//! The parts that the two campaigns services share: everything but the web framework.
//!
//! [`Program`] handles the command line of both programs, and [`Deployment`] contains everything that they need before
//! they serve requests. The other modules define the records and the operations on them, in the formats of Pinpoint's
//! REST API. They do not check permissions: that is the task of `#[requires(..)]` on the handlers of each service.
//!
//! Members that the service stores without using them (`Schedule`, `MessageConfiguration`, …) are kept unchanged.

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
