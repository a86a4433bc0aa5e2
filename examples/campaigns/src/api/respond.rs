//! The responses of handlers. `respond.rs` of each framework implements its traits for them.
//!
//! An [`ApiError`](crate::error::ApiError) is a response too.

/// A JSON object, with status 200.
#[derive(Debug)]
pub(crate) struct Json<T>(pub(crate) T);

/// A JSON object that describes a new record, with status 201.
#[derive(Debug)]
pub(crate) struct Created<T>(pub(crate) T);

/// Plain text, with status 200.
#[derive(Debug)]
pub(crate) struct Text(pub(crate) String);
