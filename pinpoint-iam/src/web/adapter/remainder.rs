//! The rest of a check, after the body.

use std::fmt;
use std::marker::PhantomData;
use std::sync::{Arc, Mutex, PoisonError};

use super::check::logged;
use crate::authorizer::Authorizer;
use crate::context::Context;
use crate::denial::Denied;
use crate::guard::Guard;
use crate::web::caller::RequestCaller;
use crate::web::{AfterBody, Annotated, RequiresAfterBody};

/// The rest of the check of the handler `H`, after its first half has passed. The extractor of `Prechecked` stores it in
/// the request for that of `AfterBody`, which takes it.
pub struct Remainder<H, P> {
    authorizer: Authorizer,
    caller: RequestCaller<Context>,
    parameters: P,
    handler: PhantomData<fn() -> H>,
}

impl<H: Annotated, P> Remainder<H, P> {
    pub(super) const fn new(
        authorizer: Authorizer,
        caller: RequestCaller<Context>,
        parameters: P,
    ) -> Self {
        Self {
            authorizer,
            caller,
            parameters,
            handler: PhantomData,
        }
    }

    /// Completes the check with the last parameter, which may have read the body.
    ///
    /// # Errors
    ///
    /// Fails if the caller is denied.
    pub async fn finish<B, T>(mut self, value: B) -> Result<AfterBody<H, P, B, T>, Denied>
    where
        H: RequiresAfterBody<P, B, T>,
    {
        let check = |guard: &Guard<'_>| H::check_after_body(guard, &self.parameters, &value);
        match self.caller.check_with_keys(&self.authorizer, check).await {
            Ok(permit) => Ok(AfterBody::passed(value, self.parameters, permit)),
            Err(denied) => Err(logged::<H>(denied, Some(&self.caller.principal))),
        }
    }

    /// Returns the denial of a request in which no remainder is stored: its first half has not passed. The response
    /// is 500.
    pub fn missing(authorizer: &Authorizer) -> Denied {
        let denied = Denied::misconfigured("the check before the body has not passed");
        logged::<H>(denied.for_authorizer(authorizer), None)
    }
}

impl<H, P> fmt::Debug for Remainder<H, P> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("Remainder")
    }
}

/// A [`Remainder`] for extensions whose values are cloned with the request: only one clone can take it.
pub struct Handover<H, P>(Arc<Mutex<Option<Remainder<H, P>>>>);

impl<H, P> Handover<H, P> {
    /// Stores a remainder.
    pub fn new(remainder: Remainder<H, P>) -> Self {
        Self(Arc::new(Mutex::new(Some(remainder))))
    }

    /// Takes the remainder; `None` if it has been taken already.
    pub fn take(&self) -> Option<Remainder<H, P>> {
        // Only whole values are stored, so poisoning is harmless.
        let mut stored = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        stored.take()
    }
}

impl<H, P> Clone for Handover<H, P> {
    fn clone(&self) -> Self {
        Self(Arc::clone(&self.0))
    }
}

impl<H, P> fmt::Debug for Handover<H, P> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("Handover")
    }
}
