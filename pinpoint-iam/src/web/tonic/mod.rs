//! `#[requires]` on the methods of tonic's services.
//!
//! [`#[guarded]`](guarded) on the implementation of a service's trait checks each method before its body. A method
//! with neither `#[requires]` nor `#[public]` does not compile.
//!
//! The service provides its [`Authorizer`] through [`HasAuthorizer`]. A layer or an interceptor inserts a
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

use std::pin::Pin;

use tonic::Request;
use tonic::server::NamedService;

use crate::authorizer::Authorizer;
use crate::denial::Denied;
use crate::guard::{Guard, check_with_keys};
use crate::web::RequestGuard;
use crate::web::adapter::{AdapterRequest, request_guard};

use self::head::Head;

pub use self::service::{GuardedService, HasAuthorizer, Method, route_table, server};
#[doc = include_str!("../../guarded.md")]
pub use pinpoint_iam_macros::tonic_guarded as guarded;

/// The guard with which a request is checked, in the request's extensions. Applications cannot insert it.
#[derive(Clone)]
struct CheckedBy(RequestGuard);

/// The future that a method returns if `#[async_trait]` or its replacement generates it.
#[doc(hidden)]
pub type __Boxed<'a, T> = Pin<Box<dyn Future<Output = T> + Send + 'a>>;

/// The future of a check, boxed so that the compiler need not analyze it anew in each method.
type Checking<'a, T> = __Boxed<'a, Result<T, Denied>>;

/// Checks a request to the method `name` of the service `N`. Returns the request, which contains its guard, and what
/// `check` returns.
///
/// # Errors
///
/// Fails if the request has no principal, and if `check` denies it.
#[doc(hidden)]
pub fn __check<'a, N, T, P>(
    service: &impl HasAuthorizer,
    request: Request<T>,
    name: &str,
    check: impl FnMut(&Guard<'_>, &Request<T>) -> Result<P, Denied> + Send + 'a,
) -> Checking<'a, (Request<T>, P)>
where
    N: NamedService,
    T: Send + 'a,
    P: Send + 'a,
{
    let authorizer = service.authorizer().clone();
    Box::pin(checked(authorizer, path::<N>(name), request, check))
}

/// The future of a method whose body is a function: checks a request as [`__check`] does, and then calls `body`.
///
/// `deny` logs a denial with `function`, the name of the method's function, and converts it.
#[doc(hidden)]
pub fn __guarded<'a, N, S, T, P, O>(
    service: &'a S,
    request: Request<T>,
    name: &str,
    function: &'static str,
    check: fn(&Guard<'_>, &Request<T>) -> Result<P, Denied>,
    body: fn(&'a S, (Request<T>, P)) -> __Boxed<'a, O>,
    deny: fn(Denied, &str) -> O,
) -> __Boxed<'a, O>
where
    N: NamedService,
    S: HasAuthorizer + Sync + ?Sized,
    T: Send + 'a,
    P: Send + 'a,
    O: 'a,
{
    let checked = checked(
        service.authorizer().clone(),
        path::<N>(name),
        request,
        check,
    );
    Box::pin(async move {
        match checked.await {
            Ok(passed) => body(service, passed).await,
            Err(denied) => deny(denied, function),
        }
    })
}

/// The path of a method of a service.
fn path<N: NamedService>(name: &str) -> String {
    format!("/{}/{name}", N::NAME)
}

/// Checks a request for a path.
async fn checked<T, P>(
    authorizer: Authorizer,
    path: String,
    mut request: Request<T>,
    mut check: impl FnMut(&Guard<'_>, &Request<T>) -> Result<P, Denied> + Send,
) -> Result<(Request<T>, P), Denied>
where
    T: Send,
    P: Send,
{
    let guard = guard(authorizer, Head::of(&request, path)).await?;
    request.extensions_mut().insert(CheckedBy(guard.clone()));
    let mut passed = None;
    // Not shared with another thread while it waits: a message need not be `Sync`.
    let unshared = &mut request;
    let mut checked = |guard: &Guard<'_>| {
        let unshared: &mut Request<T> = unshared;
        passed = Some(check(guard, unshared)?);
        Ok(())
    };
    decide(&guard, &mut checked).await?;
    // INVARIANT: a check that allows the request has been made.
    let passed = passed.ok_or_else(|| Denied::misconfigured("the request was not checked"))?;
    Ok((request, passed))
}

/// Creates the guard of a request.
async fn guard(authorizer: Authorizer, mut head: Head<'_>) -> Result<RequestGuard, Denied> {
    // The body of the method runs only if the check passes.
    head.with_state(|state| state.note.set());
    request_guard(authorizer, &mut head).await
}

/// Decides a check, which may wait for keys of resources.
async fn decide(
    guard: &RequestGuard,
    check: &mut (dyn FnMut(&Guard<'_>) -> Result<(), Denied> + Send),
) -> Result<(), Denied> {
    let guard = guard.guard();
    let mut fetched = guard.fetched().clone();
    check_with_keys(guard, &mut fetched, check).await
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
        match request.extensions().get::<CheckedBy>() {
            Some(CheckedBy(guard)) => Ok(guard.clone()),
            None => Err(Denied::misconfigured(
                "the request has no guard, because its method has no `#[requires]`",
            )),
        }
    }
}
