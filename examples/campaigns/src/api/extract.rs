//! The parameters of handlers. `extract.rs` of each framework implements its traits for them.
//!
//! The database, [`Store`](crate::records::store::Store), is an extractor too.

/// The parameters in the path.
#[derive(Debug)]
pub(crate) struct Path<T>(pub(crate) T);

/// The parsed query parameters.
#[derive(Debug)]
pub(crate) struct InQuery<T>(pub(crate) T);

/// A JSON object. The request's content type is ignored.
///
/// In every handler it comes after the guard, so a denied caller never learns what is wrong with a body.
#[derive(Debug)]
pub(crate) struct JsonBody<T>(pub(crate) T);
