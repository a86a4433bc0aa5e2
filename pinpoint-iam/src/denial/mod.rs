//! Requests that were rejected or denied, and the responses to them, independent of web frameworks.

mod denied;
mod error_responses;
mod rejection;

pub use self::denied::{Denied, DeniedReason};
pub use self::error_responses::ErrorResponses;
pub use self::rejection::Rejection;

pub(crate) use self::denied::Pending;
