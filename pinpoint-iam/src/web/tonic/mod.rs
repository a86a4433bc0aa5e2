//! `#[requires]` on the methods of tonic's services.
//!
//! [`#[guarded]`](guarded) on the implementation of a service's trait checks each method before its body. A method
//! with neither `#[requires]` nor `#[public]` does not compile.
//!
//! The service provides its [`Authorizer`](crate::Authorizer) through [`HasAuthorizer`]. A layer or an interceptor inserts a
//! [`Principal`](crate::Principal) into the request's extensions, as the middleware of a web framework does. A denial becomes a
//! [`Status`](tonic::Status), see [its conversion](#impl-From<Denied>-for-Status).
//!
//! For checks in the body of a method, [`RequestGuard::of`] returns the guard with which the method was checked.
//!
//! `aws:SourceIp` is the address of the peer, as tonic's server or axum's `ConnectInfo` reports it. Otherwise it is
//! unknown, and requests whose decision depends on it are denied.

mod head;
mod service;
mod status;

use tonic::Request;
use tonic::server::NamedService;

use crate::denial::Denied;
use crate::web::RequestGuard;
use crate::web::adapter::{AdapterRequest, request_guard};

use self::head::Head;

pub use self::service::{GuardedService, HasAuthorizer, Method, route_table, server};
#[doc = include_str!("../../guarded.md")]
pub use pinpoint_iam_macros::tonic_guarded as guarded;

/// The guard of a request, or the reason why it has none, in the request's extensions. Applications cannot insert it.
#[derive(Clone)]
struct Prepared(Result<RequestGuard, Denied>);

/// Creates the guard of a request to the method `name` of the service `N`, and stores it in the request.
#[doc(hidden)]
pub async fn __prepare<N, S, T>(service: &S, mut request: Request<T>, name: &str) -> Request<T>
where
    N: NamedService,
    S: HasAuthorizer + ?Sized,
{
    let mut head = Head::of(&request, N::NAME, name);
    // The body of the method runs only if the check passes.
    head.with_state(|state| state.note.set());
    let guard = request_guard(service.authorizer().clone(), &mut head).await;
    request.extensions_mut().insert(Prepared(guard));
    request
}

/// Returns the guard of a request that was prepared.
///
/// # Errors
///
/// Fails if the request has no principal.
#[doc(hidden)]
pub fn __guard<T>(request: &Request<T>) -> Result<RequestGuard, Denied> {
    match request.extensions().get::<Prepared>() {
        Some(Prepared(guard)) => guard.clone(),
        // INVARIANT: the expansion prepares the request first.
        None => Err(Denied::misconfigured(
            "the request was not prepared for its check",
        )),
    }
}

impl RequestGuard {
    /// Returns the guard with which a method of a [guarded](guarded) service was checked, for checks in its body.
    ///
    /// It has the same policies, condition keys and caller as the check of the method. For a method with `#[public]`,
    /// there is none.
    ///
    /// # Errors
    ///
    /// Fails if the method has no `#[requires]`.
    #[cfg_attr(docsrs, doc(cfg(feature = "tonic")))]
    pub fn of<T>(request: &Request<T>) -> Result<Self, Denied> {
        __guard(request)
    }
}
