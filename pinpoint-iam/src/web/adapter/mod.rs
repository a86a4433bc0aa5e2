//! The interface for adapters of other web frameworks.
//!
//! The adapters for axum, actix-web and tonic in this crate use it, and a crate of your own can add another framework
//! with it. [`examples/poem`][example] is an adapter for poem.
//!
//! # Handlers
//!
//! `#[requires(GetCampaign, adapter = my_adapter)]` adds a parameter of a type of the module `my_adapter` to the
//! handler. The module contains three types, which wrap those of [`web`](crate::web), because only its own types can
//! implement the extractor trait of the framework:
//!
//! ```
//! # use pinpoint_iam::web;
//! /// The first parameter of a handler.
//! pub struct Authorized<H, P, T = ()>(pub web::Authorized<H, P, T>);
//! /// The first parameter of a handler whose check continues after the body.
//! pub struct Prechecked<H, P>(pub web::Prechecked<H, P>);
//! /// The last parameter of a handler whose check continues after the body.
//! pub struct AfterBody<H, P, B, T = ()>(pub web::AfterBody<H, P, B, T>);
//! ```
//!
//! `H` is the handler, `P` the tuple of its parameters that the check reads, `B` the last parameter and `T` the proof
//! that the handler receives.
//!
//! # Order of extraction
//!
//! 1. The extractor of `Authorized` finds the [`Authorizer`], and calls [`Check::new`] before it reads anything else.
//!    A request without a principal is denied here.
//! 2. It extracts `P` from the head of the request. `P` must not be able to read the body. If this fails,
//!    [`Check::rejected`] returns the denial to respond with, or `None` for the framework's own response.
//! 3. [`Check::decide`] checks the caller, and returns the content of the parameter.
//!
//! Other extractors of the handler must not run before this has succeeded, so they must run in the order of the
//! parameters. If the check continues after the body, the extractor of `Prechecked` does the same with [`Precheck`]. It
//! stores the [`Remainder`] in the request, and the extractor of `AfterBody` extracts `B` and calls
//! [`Remainder::finish`].
//!
//! # Denials
//!
//! All methods log their denials. [`Denied::rejection`] returns the status, the headers and the body of the response;
//! do not add anything to it.
//!
//! # Routes
//!
//! [`RouteList`] pairs handlers with the methods and paths of the catalog. A function must be mounted only if its
//! parameters prove that it is guarded: see [`ProofOf`], [`FirstHalf`], [`SecondHalf`] and [`PublicFunction`].
//!
//! [`ProofOf`]: crate::web::ProofOf
//! [`FirstHalf`]: crate::web::FirstHalf
//! [`SecondHalf`]: crate::web::SecondHalf
//! [`PublicFunction`]: crate::web::PublicFunction
//! [example]: https://github.com/pinpoint-iam/pinpoint-iam/tree/main/examples/poem

mod check;
mod extractors;
mod remainder;
mod state;

pub use self::check::{Check, Precheck};
#[cfg(feature = "actix")]
pub(super) use self::check::{Identified, Open};
pub use self::extractors::{PermitCheck, request_guard};
pub use self::remainder::{Handover, Remainder};
pub use self::state::RequestState;
#[cfg(any(
    feature = "actix",
    feature = "axum",
    feature = "tonic",
    feature = "tower"
))]
pub(super) use self::state::StoredState;
pub use super::context::Headers;
pub use super::routes::RouteList;

use crate::authorizer::Authorizer;
use crate::denial::Denied;
use crate::principal::Principal;
use crate::web::RequestHead;
use crate::web::caller::{RequestCaller, Unidentified, log_denial};

/// A request of a web framework, as its adapter presents it to the checks.
///
/// Implement [`RequestHead::extensions`] as well, because the checks read the [`Principal`] and the tenant's
/// [`Scope`](crate::Scope) from the extensions.
pub trait AdapterRequest: RequestHead {
    /// Returns the headers. `http::HeaderMap` implements [`Headers`].
    fn headers(&self) -> &dyn Headers;

    /// Calls `access` with the state of this request's checks.
    ///
    /// Store it with the request, where the application cannot change it. It is [`RequestState::default`] before the
    /// first check. Two requests must not share it.
    fn with_state<T>(&mut self, access: impl FnOnce(&mut RequestState) -> T) -> T;
}

/// Returns the denial of a request to an application without a usable [`Authorizer`], and logs `reason` for `place`, such
/// as the name of the handler. The response is 500.
pub fn misconfigured(reason: &'static str, place: &str) -> Denied {
    let denied = Denied::misconfigured(reason);
    log_denial(&denied, None, place);
    denied
}

/// Reads everything but the caller from a request, after `begin` has accessed the state of its checks.
fn unidentified<R: AdapterRequest>(
    authorizer: &Authorizer,
    request: &mut R,
    begin: impl FnOnce(&RequestState),
) -> Unidentified {
    let (policies, fetched) = request.with_state(|state| {
        begin(state);
        let policies = state.policies(authorizer);
        (policies, state.fetched.clone())
    });
    let head: &dyn RequestHead = request;
    let (principal, scope) = (head.extension::<Principal>(), head.extension());
    Unidentified::of(authorizer, policies, principal, scope, fetched, head)
}

/// Returns the caller of a request.
pub(super) fn caller<R: AdapterRequest>(
    authorizer: &Authorizer,
    request: &mut R,
) -> Result<RequestCaller, Denied> {
    let unidentified = unidentified(authorizer, request, |_| ());
    let principal = unidentified.principal().cloned();
    let principal = principal.or_else(|| request.with_state(|state| state.identified.clone()));
    unidentified.with_principal(principal, authorizer)
}

/// Stores the keys of resources that a check has fetched, for the other checks of the request.
pub(super) fn keep_keys<R: AdapterRequest>(caller: &RequestCaller, request: &mut R) {
    if !caller.fetched.is_empty() {
        request.with_state(|state| state.fetched = caller.fetched.clone());
    }
}
