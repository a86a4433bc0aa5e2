//! Denials: requests that an authorizer did not allow, and how services respond to them.
//!
//! Nothing here knows of a web framework.

mod denied;
mod error_responses;
mod rejection;

pub use self::denied::{Denied, DeniedReason};
pub use self::error_responses::ErrorResponses;
pub use self::rejection::Rejection;

pub(crate) use self::denied::Pending;
