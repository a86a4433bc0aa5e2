//! Callers that an extractor of the application authenticates.

use crate::principal::Principal;

/// A caller that an extractor of the application authenticates.
///
/// Guards read the [`Principal`] from the request's extensions, where a middleware inserts it. If the application
/// authenticates in an extractor instead, implement this trait for the type of the extractor. There are two ways to use
/// it:
///
/// - A handler with this extractor as a parameter names it: `#[requires(GetCampaign, caller = claims)]`.
/// - A middleware of this crate, `web::axum::PrincipalFrom` or `web::actix::principal_from`, runs the extractor before
///   all handlers and inserts the principal.
///
/// If the extractor rejects the request, its own rejection is the response.
///
/// ```
/// use pinpoint_iam::web::Caller;
/// use pinpoint_iam::{Principal, Scope};
///
/// /// The claims of a token that an extractor of the application has verified.
/// struct Claims {
///     sub: String,
/// }
///
/// impl Caller for Claims {
///     fn principal(&self) -> Option<Principal> {
///         let scope = Scope::new("aws", "us-east-1", "123456789012");
///         Principal::user(&scope, &self.sub).ok()
///     }
/// }
/// ```
///
/// Also implemented for `Option` and `Result` of such a type. Without a caller, handlers with `#[requires]` respond
/// 401, and public ones are served.
#[diagnostic::on_unimplemented(
    message = "`{Self}` does not identify the caller",
    label = "expected a type with `impl Caller`",
    note = "write `impl pinpoint_iam::web::Caller for {Self}`, which returns the principal"
)]
pub trait Caller {
    /// Returns the caller; `None` if the request is not authenticated.
    ///
    /// Return `None` also for a name that is not valid in IAM, because a principal cannot be created from it.
    fn principal(&self) -> Option<Principal>;
}

#[diagnostic::do_not_recommend]
impl<T: Caller> Caller for Option<T> {
    fn principal(&self) -> Option<Principal> {
        self.as_ref()?.principal()
    }
}

#[diagnostic::do_not_recommend]
impl<T: Caller, E> Caller for Result<T, E> {
    fn principal(&self) -> Option<Principal> {
        self.as_ref().ok()?.principal()
    }
}
