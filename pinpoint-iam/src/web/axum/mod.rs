//! `#[requires]` on axum handlers.
//!
//! The state of the router must provide an [`Authorizer`] through [`FromRef`]; a state without one does not compile. An
//! `Arc<AppState>` provides the authorizer of `AppState`. An authentication middleware inserts a [`Principal`](crate::Principal) into the
//! request's extensions, or [`PrincipalFrom`] takes it from an extractor of the application. The authorizer and the
//! principal are read before any other part of the request. The body is not read for a caller that is denied.
//!
//! `aws:SourceIp` is the address of the peer if the router is served with
//! [`into_make_service_with_connect_info::<SocketAddr>()`](axum::Router::into_make_service_with_connect_info).
//! Otherwise it is unknown, and requests whose decision depends on it get 503.
//!
//! If tenants are accounts, the middleware also inserts the tenant's [`Scope`](crate::Scope), created by
//! [`Scope::with_account`](crate::Scope::with_account).
//!
//! For a handler without a `State` parameter, `#[axum::debug_handler]` assumes the state `()`, which contains no
//! authorizer. Write `#[axum::debug_handler(state = AppState)]` instead.

mod after_body;
mod authorized;
mod permit;
mod principal_from;
mod public;
mod rejection;
mod request_guard;
mod routes;

use std::sync::Arc;

use axum::extract::FromRef;

use crate::authorizer::Authorizer;
use pinpoint_iam_core::__private::{GuardedAccess, PublicAccess};

pub use self::authorized::{BeforeBody, CanCheck};
pub use self::principal_from::PrincipalFrom;
pub use self::routes::{HandlerFor, Routes};
#[doc = include_str!("../../routes.md")]
pub use pinpoint_iam_macros::axum_routes as routes;

/// A state of a router that contains an [`Authorizer`].
#[diagnostic::on_unimplemented(
    message = "the state `{Self}` does not contain an `Authorizer`",
    label = "requires an authorizer in the router's state",
    note = "write `impl axum::extract::FromRef<AppState> for Authorizer {{ fn from_ref(state: &AppState) -> Self {{ state.authorizer.clone() }} }}`, where `AppState` is the type of the state without its `Arc`",
    note = "`#[axum::debug_handler]` assumes the state `()` if no parameter is a `State`; write `#[axum::debug_handler(state = AppState)]`"
)]
pub trait HasAuthorizer {
    /// Returns the authorizer.
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

/// Lets `Arc<AppState>` be the state of a router if `AppState` can be.
impl<T: HasAuthorizer + ?Sized> FromRef<Arc<T>> for Authorizer {
    fn from_ref(state: &Arc<T>) -> Self {
        state.as_ref().authorizer()
    }
}

/// A state of a router with which handlers of the kind `A` can be mounted.
// The associated type repeats the state. If this trait is not implemented, the compiler then does not know the state of
// the handler, and reports no further errors about the handler's parameters.
pub trait StateFor<A> {
    /// The state itself.
    type State;
}

/// A handler with `#[requires]` needs the authorizer.
impl<S: HasAuthorizer> StateFor<GuardedAccess> for S {
    type State = S;
}

/// A public handler has no requirements.
impl<S> StateFor<PublicAccess> for S {
    type State = S;
}
