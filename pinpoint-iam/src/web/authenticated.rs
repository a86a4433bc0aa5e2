//! Callers that an extractor of the application authenticates.

use crate::principal::Principal;

/// A caller that an extractor of the application authenticates.
///
/// Guards read the [`Principal`] from the request's extensions, where a middleware inserts it. If the application
/// authenticates in an extractor instead, implement this trait for the type of the extractor. A middleware of this
/// crate, `web::axum::PrincipalFrom` or `web::actix::principal_from`, then runs the extractor before the handlers and
/// inserts the principal. If the extractor rejects the request, its own rejection is the response.
///
/// Also implemented for `Option` and `Result` of such a type. Without a caller, handlers with `#[requires]` respond
/// 401, and public ones are served.
pub trait Authenticated {
    /// Returns the caller; `None` if the request is not authenticated.
    ///
    /// Return `None` also for a name that is not valid in IAM, because a principal cannot be created from it.
    fn principal(&self) -> Option<Principal>;
}

impl<T: Authenticated> Authenticated for Option<T> {
    fn principal(&self) -> Option<Principal> {
        self.as_ref()?.principal()
    }
}

impl<T: Authenticated, E> Authenticated for Result<T, E> {
    fn principal(&self) -> Option<Principal> {
        self.as_ref().ok()?.principal()
    }
}
