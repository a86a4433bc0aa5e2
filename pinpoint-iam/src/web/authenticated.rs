//! Callers that an extractor of the application authenticates.

use crate::principal::Principal;

/// A caller as an extractor of the application authenticates it.
///
/// Guards take the [`Principal`] from the request's extensions, where a middleware puts it. Where the application authenticates in an
/// extractor instead, its type implements this, and a middleware of this crate runs the extractor before the handlers and puts the principal there:
/// `web::axum::PrincipalFrom` or `web::actix::principal_from`. What
/// the extractor rejects is answered by its own rejection.
///
/// Implemented for `Option` and `Result` of such a type as well: without a caller, handlers with `#[requires]` respond 401 and public
/// ones are served.
pub trait Authenticated {
    /// The caller; `None` where nobody was authenticated.
    ///
    /// A name that is no name of IAM, and so makes no principal, is nobody.
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
