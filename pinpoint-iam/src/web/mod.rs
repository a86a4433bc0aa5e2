//! Guards for web handlers.
//!
//! `#[requires]` adds one parameter to a handler, [`Authorized`], which replaces the parameters that the check reads.
//! The extractor for it runs the check before the body is read; see the module of the framework. Methods of gRPC services
//! have no extractors, and check themselves; see the module `tonic`.

#[cfg(feature = "actix")]
pub mod actix;
#[cfg(feature = "_web")]
#[cfg_attr(docsrs, doc(cfg(feature = "adapter")))]
pub mod adapter;
#[cfg(feature = "_web")]
mod authenticated;
#[cfg(feature = "axum")]
pub mod axum;
#[cfg(feature = "_web")]
mod caller;
#[cfg(feature = "_web")]
mod check_note;
#[cfg(feature = "_web")]
mod context;
mod declaration;
#[cfg(any(feature = "axum", feature = "tower"))]
mod parts;
#[cfg(feature = "_web")]
mod policies;
mod public;
#[cfg(feature = "_web")]
mod request_guard;
#[cfg(any(feature = "axum", feature = "tower"))]
mod response;
mod routes;
#[cfg(feature = "tonic")]
pub mod tonic;
#[cfg(feature = "tower")]
pub mod tower;

use std::fmt;
use std::marker::PhantomData;

use crate::denial::Denied;
use crate::guard::Guard;
use crate::principal::Principal;
use pinpoint_iam_core::__private::Seal;

#[cfg(feature = "_web")]
#[cfg_attr(docsrs, doc(cfg(feature = "_web")))]
pub use self::authenticated::Caller;
#[cfg(feature = "_web")]
pub(crate) use self::caller::log_denial;
pub use self::declaration::{
    Access, ActionRequirement, Annotated, BindingSource, Declaration, DependentRequirement,
    FieldBinding, PathParameter, Requirement, ResourceBinding,
};
pub use self::public::{Public, PublicFunction, PublicHandler};
#[cfg(feature = "_web")]
#[cfg_attr(docsrs, doc(cfg(feature = "_web")))]
pub use self::request_guard::RequestGuard;
#[cfg(feature = "_web")]
#[cfg_attr(docsrs, doc(cfg(feature = "_web")))]
pub use self::routes::{
    AttributeOf, ByBothHalves, FirstHalf, Guarded, ProofOf, PublicRoute, RouteOverride, SecondHalf,
};
pub use self::routes::{MountedRoute, RouteError, RouteErrors, RouteTable};
pub use crate::denial::{ErrorResponses, Rejection};
#[cfg(feature = "_web")]
#[cfg_attr(docsrs, doc(cfg(feature = "_web")))]
pub use crate::web_context::{
    ContextBuilder, ContextProvider, Extensions, InvalidNetwork, RequestHead, Transport,
    TrustedProxies,
};

/// Proof, in a handler's parameter list, that the check of the handler `H` has passed.
///
/// Only a check that has passed creates values of this type. `P` is a tuple of the handler's parameters that the
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
    #[cfg(feature = "_web")]
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
    #[cfg(feature = "_web")]
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
    #[cfg(feature = "_web")]
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

/// Returns the caller from the parameters of a handler.
#[doc(hidden)]
pub type CallerOf<P> = fn(&P) -> Result<Option<Principal>, Denied>;

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

    /// Returns the caller from the parameters, if `caller = parameter` names one.
    #[doc(hidden)]
    const CALLER: Option<CallerOf<P>> = None;

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

    /// Returns the caller from the parameters, if `caller = parameter` names one.
    #[doc(hidden)]
    const CALLER: Option<CallerOf<P>> = None;

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
