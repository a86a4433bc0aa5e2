//! Guards and permits as extractors.

use std::fmt;
use std::marker::PhantomData;

use super::{AdapterRequest, caller, keep_keys};
use crate::action::TypedAction;
use crate::authorizer::Authorizer;
use crate::denial::Denied;
use crate::guard::{Guard, Permit};
use crate::web::RequestGuard;
use crate::web::caller::{PERMIT, RequestCaller, log_denial};

/// Returns the guard of a request, for checks in its handler. It does not check anything by itself.
///
/// # Errors
///
/// Fails if the request has no principal.
pub async fn request_guard<R: AdapterRequest>(
    authorizer: Authorizer,
    request: &mut R,
) -> Result<RequestGuard, Denied> {
    let mut caller = caller(&authorizer, request)?;
    caller.load_policies(&authorizer).await;
    let caller = caller.after_body(&authorizer, request.headers());
    let note = request.with_state(|state| state.note.clone());
    Ok(RequestGuard::new(authorizer, caller, note))
}

/// The check of an extractor of [`Permit`], before the route's parameters are read.
///
/// The parameters must have the names in the catalog, `{campaign-id}` or `{campaign_id}`, in the same order. An action that
/// acts on several resource types does not compile here, because such parameters do not determine the type.
pub struct PermitCheck<A> {
    authorizer: Authorizer,
    caller: RequestCaller,
    action: PhantomData<fn() -> A>,
}

impl<A: TypedAction> PermitCheck<A> {
    /// Starts the check.
    ///
    /// # Errors
    ///
    /// Fails if the request has no principal.
    pub fn new<R: AdapterRequest>(authorizer: Authorizer, request: &mut R) -> Result<Self, Denied> {
        const { Permit::<A>::assert_named_by_route() };
        request.with_state(|state| state.note.set());
        let caller = caller(&authorizer, request)?;
        Ok(Self {
            authorizer,
            caller,
            action: PhantomData,
        })
    }

    /// Returns the denial if the route's parameters cannot be read. The response is 400.
    pub fn unreadable(&self) -> Denied {
        Denied::unreadable().for_authorizer(&self.authorizer)
    }

    /// Checks that the caller may perform `A` on the resource that the route's parameters identify: their names and
    /// decoded values, in the order of the route.
    ///
    /// # Errors
    ///
    /// Fails if the caller is denied, or if the parameters do not identify a resource.
    pub async fn decide<'p, R: AdapterRequest>(
        mut self,
        request: &mut R,
        parameters: impl Iterator<Item = (&'p str, &'p str)> + Clone,
    ) -> Result<Permit<A>, Denied> {
        let check = |guard: &Guard<'_>| guard.authorize_parameters(parameters.clone());
        let outcome = self
            .caller
            .check_with_keys(&self.authorizer, request.headers(), check)
            .await;
        keep_keys(&self.caller, request);
        outcome.inspect_err(|denied| log_denial(denied, Some(&self.caller.principal), PERMIT))
    }
}

impl<A> fmt::Debug for PermitCheck<A> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("PermitCheck")
    }
}
