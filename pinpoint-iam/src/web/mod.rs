//! Guards for web handlers.
//!
//! `#[requires]` adds one parameter to a handler, [`Authorized`], which replaces the parameters that the check reads.
//! The extractor for it runs the check before the body is read; see the module of the framework.

#[cfg(feature = "actix")]
pub mod actix;
#[cfg(any(feature = "axum", feature = "actix"))]
mod authenticated;
#[cfg(feature = "axum")]
pub mod axum;
#[cfg(any(feature = "axum", feature = "actix"))]
mod caller;
#[cfg(any(feature = "axum", feature = "actix"))]
mod context;
mod declaration;
mod error_responses;
#[cfg(any(feature = "axum", feature = "actix"))]
mod head;
#[cfg(any(feature = "axum", feature = "actix"))]
mod keys;
#[cfg(any(feature = "axum", feature = "actix"))]
mod network;
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

use std::fmt;
use std::marker::PhantomData;

use crate::__private::Seal;
use crate::guard::{Denied, Guard};

#[cfg(any(feature = "axum", feature = "actix"))]
pub use self::authenticated::Authenticated;
pub use self::declaration::{
    Access, ActionRequirement, Annotated, BindingSource, Declaration, FieldBinding, PathParameter,
    Requirement, ResourceBinding,
};
pub use self::error_responses::ErrorResponses;
#[cfg(any(feature = "axum", feature = "actix"))]
pub use self::head::{Extensions, RequestHead};
#[cfg(any(feature = "axum", feature = "actix"))]
pub use self::keys::{ContextBuilder, ContextProvider};
#[cfg(any(feature = "axum", feature = "actix"))]
pub use self::network::Transport;
#[cfg(any(feature = "axum", feature = "actix"))]
pub use self::proxies::{InvalidNetwork, TrustedProxies};
pub use self::public::{Public, PublicFunction, PublicHandler};
pub use self::rejection::Rejection;
#[cfg(any(feature = "axum", feature = "actix"))]
pub use self::request_guard::RequestGuard;
#[cfg(any(feature = "axum", feature = "actix"))]
pub use self::routes::{
    ByBothHalves, FirstHalf, Guarded, ProofOf, PublicRoute, RouteOverride, SecondHalf,
};
pub use self::routes::{MountedRoute, RouteFault, RouteFaults, RouteTable};

/// Proof, in a handler's parameter list, that the check of the handler `H` has passed.
///
/// Only the extractors of this crate create values of this type. `P` is a tuple of the handler's parameters that the
/// check has read, so the handler receives the very values that were checked.
// This type has no bounds, and takes the proof as an argument, because the compiler visits it at every use of a
// handler.
pub struct Authorized<H, P, T = ()> {
    /// The checked parameters.
    pub parameters: P,
    /// The proof that `permit = name` requested, otherwise `()`.
    pub permit: T,
    check: PhantomData<fn() -> H>,
}

impl<H, P, T> Authorized<H, P, T> {
    #[cfg(any(feature = "axum", feature = "actix"))]
    const fn passed(parameters: P, permit: T) -> Self {
        Self {
            parameters,
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

/// The first half of a check, in the parameter list of a handler whose check continues after the body.
///
/// It does not prove anything: the caller may still be denied. A handler with this parameter also has the other half,
/// [`AfterBody`].
pub struct Prechecked<H, P> {
    check: PhantomData<fn() -> (H, P)>,
}

impl<H, P> Prechecked<H, P> {
    #[cfg(any(feature = "axum", feature = "actix"))]
    const fn passed() -> Self {
        Self { check: PhantomData }
    }
}

impl<H, P> fmt::Debug for Prechecked<H, P> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("Prechecked")
    }
}

/// The last parameter of a handler whose check cannot finish before that parameter is read.
///
/// `#[requires]` wraps the parameter in this type if it contains the tags of the request or ids that are only in the
/// body. The check has then run twice: before the body was read, with the information available then, and here.
pub struct AfterBody<H, P, B, T = ()> {
    /// The original parameter.
    pub value: B,
    /// The other checked parameters.
    pub parameters: P,
    /// The proof that `permit = name` requested, otherwise `()`.
    pub permit: T,
    check: PhantomData<fn() -> H>,
}

impl<H, P, B, T> AfterBody<H, P, B, T> {
    #[cfg(any(feature = "axum", feature = "actix"))]
    const fn passed(value: B, parameters: P, permit: T) -> Self {
        Self {
            value,
            parameters,
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

/// The check of one handler, generated by `#[requires]`. The trait is sealed.
///
/// `T` is the proof that the handler requested, otherwise `()`.
#[diagnostic::on_unimplemented(
    message = "`{Self}` has no check for these parameters",
    label = "not a handler with `#[requires(..)]`"
)]
pub trait Requires<P, T = ()>: Annotated {
    /// Only `#[requires]` implements this trait.
    #[doc(hidden)]
    type Sealed: Seal;

    /// Checks that the guard's caller may run the handler with these parameters.
    ///
    /// # Errors
    ///
    /// Fails if the caller is denied.
    fn check(guard: &Guard<'_>, parameters: &P) -> Result<T, Denied>;
}

/// The first half of the check of one handler, which runs before its last parameter is read. The trait is sealed.
#[diagnostic::on_unimplemented(
    message = "`{Self}` has no check before the body for these parameters",
    label = "not a handler with `#[requires(..)]` whose check waits for the body"
)]
pub trait Prechecks<P>: Annotated {
    /// Only `#[requires]` implements this trait.
    #[doc(hidden)]
    type Sealed: Seal;

    /// Denies callers who may not run the handler regardless of the body.
    ///
    /// # Errors
    ///
    /// Fails if the caller is denied.
    fn precheck(guard: &Guard<'_>, parameters: &P) -> Result<(), Denied>;
}

/// The complete check of one handler, which runs after its last parameter is read. The trait is sealed.
///
/// `T` is the proof that the handler requested, otherwise `()`.
pub trait RequiresAfterBody<P, B, T = ()>: Prechecks<P> {
    /// Only `#[requires]` implements this trait.
    #[doc(hidden)]
    type Sealed: Seal;

    /// Checks that the guard's caller may run the handler with these parameters.
    ///
    /// # Errors
    ///
    /// Fails if the caller is denied.
    fn check_after_body(guard: &Guard<'_>, parameters: &P, body: &B) -> Result<T, Denied>;
}
