//! `#[requires]` on axum handlers.
//!
//! The state that the router is given must hold an [`Authorizer`], by [`FromRef`]; a state without one does not
//! compile. `Arc<AppState>` holds the authorizer of `AppState`. An authentication middleware puts a [`Principal`] into the
//! request's extensions, or [`PrincipalFrom`] takes it from an extractor of the application. Both are
//! read before anything else of the request, and the body is not read at all for a caller that is refused.
//!
//! `aws:SourceIp` is the peer's address where the router is served with
//! [`into_make_service_with_connect_info::<SocketAddr>()`](axum::Router::into_make_service_with_connect_info), and not
//! known otherwise: a decision that depends on it is then answered 503.
//!
//! Where tenants are accounts, the middleware puts the tenant's [`Scope`](crate::Scope) there too, made by
//! [`Scope::with_account`](crate::Scope::with_account).
//!
//! A handler without a `State` parameter under `#[axum::debug_handler]` is taken to have the state `()`, which holds
//! no authorizer; write `#[axum::debug_handler(state = AppState)]` there.

mod after_body;
mod authorized;
mod permit;
mod principal_from;
mod public;
mod rejection;
mod request_guard;
mod routes;

use std::marker::PhantomData;
use std::net::{IpAddr, SocketAddr};
use std::sync::{Arc, Mutex, PoisonError};

use axum::extract::{ConnectInfo, FromRef};
use http::HeaderMap;
use http::request::Parts;

use crate::authorizer::Authorizer;
use crate::context::Context;
use crate::expansion::{GuardedAccess, PublicAccess};
use crate::guard::{Denied, FetchedTags};
use crate::principal::Principal;
use crate::web::caller::Caller;
use crate::web::context::Headers;
use crate::web::policies::RequestPolicies;
use crate::web::{Annotated, Extensions, RequestHead};

pub use self::authorized::{BeforeBody, CanCheck};
pub use self::principal_from::PrincipalFrom;
pub use self::routes::{HandlerFor, Routes};
#[doc = include_str!("../../routes.md")]
pub use pinpoint_iam_macros::axum_routes as routes;

/// A router's state that holds an [`Authorizer`].
#[diagnostic::on_unimplemented(
    message = "the state `{Self}` holds no `Authorizer`",
    label = "needs an authorizer in the router's state",
    note = "write `impl axum::extract::FromRef<{Self}> for Authorizer {{ fn from_ref(state: &{Self}) -> Self {{ state.authorizer.clone() }} }}`",
    note = "for an `Arc`, write it for the type inside: `Arc<AppState>` holds the authorizer of `AppState`",
    note = "`#[axum::debug_handler]` takes the state to be `()` where no parameter names it; write `#[axum::debug_handler(state = ..)]`"
)]
pub trait HasAuthorizer {
    /// The authorizer.
    fn authorizer(&self) -> Authorizer;
}

#[diagnostic::do_not_recommend]
impl<S> HasAuthorizer for S
where
    Authorizer: FromRef<S>,
{
    fn authorizer(&self) -> Authorizer {
        Authorizer::from_ref(self)
    }
}

/// A shared state holds the authorizer that it shares: the router's state may be `Arc<AppState>` wherever it may be
/// `AppState`.
impl<T: HasAuthorizer + ?Sized> FromRef<Arc<T>> for Authorizer {
    fn from_ref(state: &Arc<T>) -> Self {
        state.as_ref().authorizer()
    }
}

/// A router's state with which handlers of the kind `A` can be mounted.
// The state is named once more: where this does not hold, the compiler knows no state for the handler, and says nothing of
// the handler's parameters beside it.
pub trait StateFor<A> {
    /// The state itself.
    type State;
}

/// A handler with `#[requires]` needs the authorizer.
impl<S: HasAuthorizer> StateFor<GuardedAccess> for S {
    type State = S;
}

/// A public handler needs nothing.
impl<S> StateFor<PublicAccess> for S {
    type State = S;
}

/// Who asks by the request with these parts.
fn caller(authorizer: &Authorizer, parts: &mut Parts) -> Result<Caller, Denied> {
    let policies = parts
        .extensions
        .get_or_insert_with(|| RequestPolicies::of(authorizer))
        .for_authorizer(authorizer);
    let principal = parts.extensions.get::<Principal>().cloned();
    let scope = parts.extensions.get().cloned();
    let fetched = parts.extensions.get::<FetchedTags>().cloned();
    Caller::of(authorizer, policies, principal, scope, fetched, parts)
}

/// Keeps the tags that a check has fetched for the other checks of the request.
fn keep_tags(caller: &Caller, parts: &mut Parts) {
    if !caller.fetched.is_empty() {
        parts.extensions.insert(caller.fetched.clone());
    }
}

/// The caller and the parameters that the first half of a check has looked at.
type FirstHalf<P> = (Caller<Context>, P);

/// What the first half of the check of `H` keeps for the second.
///
/// Shared, because extensions of a request are cloned with it; only one check gets it.
struct Kept<H, P> {
    both: Arc<Mutex<Option<FirstHalf<P>>>>,
    check: PhantomData<fn() -> H>,
}

impl<H, P> Clone for Kept<H, P> {
    fn clone(&self) -> Self {
        Self {
            both: Arc::clone(&self.both),
            check: PhantomData,
        }
    }
}

/// Keeps the caller and the parameters for the check after the body.
fn keep<H: Annotated, P: Send + 'static>(
    caller: Caller,
    parameters: P,
    authorizer: &Authorizer,
    parts: &mut Parts,
) {
    let caller = caller.after_body(authorizer, &parts.headers);
    parts.extensions.insert(Kept::<H, P> {
        both: Arc::new(Mutex::new(Some((caller, parameters)))),
        check: PhantomData,
    });
}

/// What was kept, if the check before the body has been made.
fn kept<H: Annotated, P: Send + 'static>(parts: &mut Parts) -> Option<FirstHalf<P>> {
    let kept = parts.extensions.remove::<Kept<H, P>>()?;
    let mut both = kept.both.lock().unwrap_or_else(PoisonError::into_inner);
    both.take()
}

impl Headers for HeaderMap {
    fn header(&self, name: &str) -> Vec<&[u8]> {
        let values = self.get_all(name).iter();
        values.map(|value| value.as_bytes()).collect()
    }
}

impl RequestHead for Parts {
    fn method(&self) -> &str {
        self.method.as_str()
    }

    fn path(&self) -> &str {
        self.uri.path()
    }

    fn query(&self) -> Option<&str> {
        self.uri.query()
    }

    fn header(&self, name: &str) -> Vec<&[u8]> {
        self.headers.header(name)
    }

    fn peer(&self) -> Option<IpAddr> {
        let ConnectInfo(address) = self.extensions.get::<ConnectInfo<SocketAddr>>()?;
        Some(address.ip())
    }

    fn extensions(&self) -> Extensions<'_> {
        Extensions::http(&self.extensions)
    }
}
