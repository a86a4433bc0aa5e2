//! Guarding web handlers.
//!
//! `#[requires]` gives a handler one more parameter, [`Authorized`], in the place of those that the check looks at. A framework's
//! extractor for it runs the check before the body is read; see the module of the framework.

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
/// Only this crate's extractors make one. `P` is a tuple of those of the handler's parameters that the check looked at:
/// the handler gets the very values that were checked.
// No bounds here, and the proof as an argument: the compiler looks at this type wherever a handler stands.
pub struct Authorized<H, P, T = ()> {
    /// The parameters that were checked.
    pub parameters: P,
    /// What `permit = name` asked for; `()` without.
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

/// The first half of a check, in the parameter list of a handler whose check is finished after its body.
///
/// It proves nothing: the caller may still be refused. The other half is [`AfterBody`], and a handler has both.
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

/// The last parameter of a handler whose check cannot be finished before that parameter is read.
///
/// `#[requires]` puts it around the parameter that holds the tags of the request, or ids that only the body tells. The
/// check has then been made twice: before the body was read, with all that could be known, and here.
pub struct AfterBody<H, P, B, T = ()> {
    /// The parameter.
    pub value: B,
    /// The other parameters that were checked.
    pub parameters: P,
    /// What `permit = name` asked for; `()` without.
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

/// The check of one handler, as `#[requires]` writes it. The trait is sealed.
///
/// `T` is what the check proves, where the handler asked for it; `()` otherwise.
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
    /// When the caller may not.
    fn check(guard: &Guard<'_>, parameters: &P) -> Result<T, Denied>;
}

/// The first half of the check of one handler, before its last parameter is read. The trait is sealed.
#[diagnostic::on_unimplemented(
    message = "`{Self}` has no check before the body for these parameters",
    label = "not a handler with `#[requires(..)]` whose check waits for the body"
)]
pub trait Prechecks<P>: Annotated {
    /// Only `#[requires]` implements this trait.
    #[doc(hidden)]
    type Sealed: Seal;

    /// Refuses a caller who may not run the handler, whatever the body says.
    ///
    /// # Errors
    ///
    /// When the caller may not.
    fn precheck(guard: &Guard<'_>, parameters: &P) -> Result<(), Denied>;
}

/// The whole check of one handler, when its last parameter is read. The trait is sealed.
///
/// `T` is what the check proves, where the handler asked for it; `()` otherwise.
pub trait RequiresAfterBody<P, B, T = ()>: Prechecks<P> {
    /// Only `#[requires]` implements this trait.
    #[doc(hidden)]
    type Sealed: Seal;

    /// Checks that the guard's caller may run the handler with these parameters.
    ///
    /// # Errors
    ///
    /// When the caller may not.
    fn check_after_body(guard: &Guard<'_>, parameters: &P, body: &B) -> Result<T, Denied>;
}
