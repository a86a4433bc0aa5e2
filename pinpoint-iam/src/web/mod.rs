//! Guarding web handlers.
//!
//! `#[requires]` gives a handler one more parameter, [`Authorized`], in front of its own. A framework's extractor for
//! it runs the check before the body is read; see the module of the framework.

#[cfg(feature = "actix")]
pub mod actix;
mod answers;
#[cfg(feature = "axum")]
pub mod axum;
#[cfg(any(feature = "axum", feature = "actix"))]
mod caller;
#[cfg(any(feature = "axum", feature = "actix"))]
mod context;
mod declaration;
#[cfg(any(feature = "axum", feature = "actix"))]
mod head;
#[cfg(any(feature = "axum", feature = "actix"))]
mod keys;
#[cfg(any(feature = "axum", feature = "actix"))]
mod policies;
#[cfg(any(feature = "axum", feature = "actix"))]
mod proxies;
mod public;
mod rejection;
#[cfg(any(feature = "axum", feature = "actix"))]
mod request_guard;
mod routes;
pub(crate) mod settings;
#[cfg(any(feature = "axum", feature = "actix"))]
mod surroundings;

use std::fmt;
use std::marker::PhantomData;

use crate::guard::{Denied, Guard};

pub use self::answers::Answers;
pub use self::declaration::{
    Access, ActionRequirement, Annotated, BindingSource, Declaration, FieldBinding, PathParameter,
    Requirement, ResourceBinding,
};
#[cfg(any(feature = "axum", feature = "actix"))]
pub use self::head::{Extensions, RequestHead};
#[cfg(any(feature = "axum", feature = "actix"))]
pub use self::keys::{AddedKeys, RequestKeys};
#[cfg(any(feature = "axum", feature = "actix"))]
pub use self::proxies::{InvalidNetwork, TrustedProxies};
pub use self::public::PublicHandler;
pub use self::rejection::Rejection;
#[cfg(any(feature = "axum", feature = "actix"))]
pub use self::request_guard::RequestGuard;
#[cfg(any(feature = "axum", feature = "actix"))]
pub use self::routes::{ByProof, ByReason, Place, ProofFor};
pub use self::routes::{MountedRoute, RouteFault, RouteFaults, RouteTable};
#[cfg(any(feature = "axum", feature = "actix"))]
pub use self::surroundings::Transport;

/// Proof, in a handler's parameter list, that the check of the handler `H` has passed.
///
/// Only this crate's extractors make one. `P` is a tuple of those of the handler's parameters that the check looks at.
// No bounds here, and the proof as an argument: the compiler looks at this type wherever a handler stands.
pub struct Authorized<H, P, T = ()> {
    /// What `permit = name` asked for; `()` without.
    pub permit: T,
    check: PhantomData<fn() -> (H, P)>,
}

impl<H, P, T> Authorized<H, P, T> {
    #[cfg(any(feature = "axum", feature = "actix"))]
    const fn passed(permit: T) -> Self {
        Self {
            permit,
            check: PhantomData,
        }
    }
}

impl<H, P, T> fmt::Debug for Authorized<H, P, T> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("Authorized")
    }
}

/// The last parameter of a handler whose check cannot be finished before that parameter is read.
///
/// `#[requires]` puts it around the parameter that holds the tags of the request, or ids that only the body tells. The
/// check has then been made twice: before the body was read, with all that could be known, and here.
pub struct AfterBody<H, P, B, T = ()> {
    /// The parameter.
    pub value: B,
    /// What `permit = name` asked for; `()` without.
    pub permit: T,
    check: PhantomData<fn() -> (H, P)>,
}

impl<H, P, B, T> AfterBody<H, P, B, T> {
    #[cfg(any(feature = "axum", feature = "actix"))]
    const fn passed(value: B, permit: T) -> Self {
        Self {
            value,
            permit,
            check: PhantomData,
        }
    }
}

impl<H, P, B: fmt::Debug, T> fmt::Debug for AfterBody<H, P, B, T> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_tuple("AfterBody")
            .field(&self.value)
            .finish()
    }
}

/// The check of one handler, as `#[requires]` writes it.
///
/// `T` is what the check proves, where the handler asked for it; `()` otherwise.
#[diagnostic::on_unimplemented(
    message = "`{Self}` has no check for these parameters",
    label = "not a handler with `#[requires(..)]`"
)]
pub trait Requires<P, T = ()>: Annotated {
    /// Checks that the guard's caller may run the handler with these parameters.
    ///
    /// For a handler that [`RequiresAfterBody`], this is what can be said before the body is read.
    ///
    /// # Errors
    ///
    /// When the caller may not.
    fn check(guard: &Guard<'_>, parameters: &P) -> Result<T, Denied>;
}

/// The rest of the check of one handler, when its last parameter is read.
///
/// `T` is what the check proves, where the handler asked for it; `()` otherwise.
pub trait RequiresAfterBody<P, B, T = ()>: Requires<P> {
    /// Checks that the guard's caller may run the handler with these parameters.
    ///
    /// # Errors
    ///
    /// When the caller may not.
    fn check_after_body(guard: &Guard<'_>, parameters: &P, body: &B) -> Result<T, Denied>;
}
