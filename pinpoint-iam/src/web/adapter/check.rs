//! The check of a handler, in the order of extraction.

use std::fmt;
use std::marker::PhantomData;

use super::{AdapterRequest, Headers, Remainder, keep_keys, unidentified};
use crate::authorizer::Authorizer;
use crate::denial::Denied;
use crate::guard::Guard;
use crate::principal::Principal;
use crate::web::caller::{RequestCaller, Unidentified, log_refusal};
use crate::web::{Annotated, Authorized, CallerOf, Prechecked, Prechecks, RequestHead, Requires};

/// The check of the handler `H`, before its parameters `P` are extracted.
pub struct Check<H, P, T = ()>(Open<H, P, T>);

impl<H: Requires<P, T>, P, T> Check<H, P, T> {
    /// Starts the check: reads the request, before any extractor of the application can change it.
    ///
    /// # Errors
    ///
    /// Fails if the request has no principal, or more than one.
    pub fn new<R: AdapterRequest>(authorizer: Authorizer, request: &mut R) -> Result<Self, Denied> {
        Open::check(authorizer, request).map(Self)
    }

    /// Returns the denial if the parameters cannot be extracted, and the framework's own response has this `status`.
    ///
    /// With status 400, the ids of the resource cannot be read, which gets the same response as any other invalid id.
    /// Otherwise there is no denial; respond with the framework's own response.
    pub fn rejected(&self, status: u16) -> Option<Denied> {
        self.0.rejected(status)
    }

    /// Checks whether the caller may run the handler with these parameters. They must be those of the request.
    ///
    /// # Errors
    ///
    /// Fails if the caller is denied.
    pub async fn decide<R: AdapterRequest>(
        self,
        request: &mut R,
        parameters: P,
    ) -> Result<Authorized<H, P, T>, Denied> {
        let mut identified = self.0.identify(request, parameters)?;
        let permit = identified.decide(request.headers()).await?;
        identified.keep_keys(request);
        Ok(identified.authorized(permit))
    }
}

impl<H, P, T> fmt::Debug for Check<H, P, T> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("Check")
    }
}

/// The first half of the check of the handler `H`, before its parameters `P` are extracted.
pub struct Precheck<H, P>(Open<H, P, ()>);

impl<H: Prechecks<P>, P> Precheck<H, P> {
    /// Starts the check, see [`Check::new`].
    ///
    /// # Errors
    ///
    /// Those of [`Check::new`].
    pub fn new<R: AdapterRequest>(authorizer: Authorizer, request: &mut R) -> Result<Self, Denied> {
        Open::precheck(authorizer, request).map(Self)
    }

    /// Returns the denial if the parameters cannot be extracted, see [`Check::rejected`].
    pub fn rejected(&self, status: u16) -> Option<Denied> {
        self.0.rejected(status)
    }

    /// Denies callers who may not run the handler regardless of the body. The remainder must be
    /// [finished](Remainder::finish) before the handler runs.
    ///
    /// # Errors
    ///
    /// Fails if the caller is denied.
    pub async fn decide<R: AdapterRequest>(
        self,
        request: &mut R,
        parameters: P,
    ) -> Result<(Prechecked<H, P>, Remainder<H, P>), Denied> {
        let mut identified = self.0.identify(request, parameters)?;
        identified.decide(request.headers()).await?;
        identified.keep_keys(request);
        Ok(identified.remainder(request.headers()))
    }
}

impl<H, P> fmt::Debug for Precheck<H, P> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("Precheck")
    }
}

/// A check, or the first half of one, before its parameters are extracted.
pub(in crate::web) struct Open<H, P, T> {
    authorizer: Authorizer,
    unidentified: Unidentified,
    caller: Option<CallerOf<P>>,
    check: fn(&Guard<'_>, &P) -> Result<T, Denied>,
    handler: PhantomData<fn() -> H>,
}

impl<H: Requires<P, T>, P, T> Open<H, P, T> {
    /// Starts a check.
    pub(in crate::web) fn check<R: AdapterRequest>(
        authorizer: Authorizer,
        request: &mut R,
    ) -> Result<Self, Denied> {
        Self::start(authorizer, request, H::CALLER, H::check)
    }
}

impl<H: Prechecks<P>, P> Open<H, P, ()> {
    /// Starts the first half of a check.
    pub(in crate::web) fn precheck<R: AdapterRequest>(
        authorizer: Authorizer,
        request: &mut R,
    ) -> Result<Self, Denied> {
        Self::start(authorizer, request, H::CALLER, H::precheck)
    }
}

impl<H: Annotated, P, T> Open<H, P, T> {
    fn start<R: AdapterRequest>(
        authorizer: Authorizer,
        request: &mut R,
        caller: Option<CallerOf<P>>,
        check: fn(&Guard<'_>, &P) -> Result<T, Denied>,
    ) -> Result<Self, Denied> {
        // From here on, the handler runs only if the check passes.
        let unidentified = unidentified(&authorizer, request, |state| state.note.set());
        if let Err(denied) = unidentified.check_principal(caller, &authorizer) {
            return Err(logged::<H>(denied, unidentified.principal()));
        }
        Ok(Self {
            authorizer,
            unidentified,
            caller,
            check,
            handler: PhantomData,
        })
    }

    /// Returns the denial if the parameters cannot be extracted.
    pub(in crate::web) fn rejected(&self, status: u16) -> Option<Denied> {
        if status == 400 {
            let denied = Denied::unreadable().for_authorizer(&self.authorizer);
            return Some(logged::<H>(denied, self.unidentified.principal()));
        }
        if status >= 500 {
            tracing::error!(
                handler = H::declaration().handler,
                status,
                "request denied: an extractor that the check needs failed; if it is `Path`, mount the check only on routes \
                 with its placeholders"
            );
        }
        None
    }

    /// Identifies the caller, after the parameters are extracted.
    pub(in crate::web) fn identify<R: AdapterRequest>(
        self,
        request: &mut R,
        parameters: P,
    ) -> Result<Identified<H, P, T>, Denied> {
        let Self {
            authorizer,
            unidentified,
            caller: from,
            check,
            handler,
        } = self;
        let now = from.and_then(|_| {
            let head: &dyn RequestHead = request;
            head.extension::<Principal>()
        });
        let caller = unidentified
            .identified(from, &parameters, now.as_ref(), &authorizer)
            .map_err(|denied| logged::<H>(denied, now.as_ref()))?;
        if from.is_some() {
            request.with_state(|state| state.identified = Some(caller.principal.clone()));
        }
        Ok(Identified {
            authorizer,
            caller,
            parameters,
            check,
            handler,
        })
    }
}

/// A check, or the first half of one, after its parameters are extracted.
pub(in crate::web) struct Identified<H, P, T> {
    authorizer: Authorizer,
    caller: RequestCaller,
    parameters: P,
    check: fn(&Guard<'_>, &P) -> Result<T, Denied>,
    handler: PhantomData<fn() -> H>,
}

impl<H: Annotated, P, T> Identified<H, P, T> {
    /// Decides with the policies and the keys of resources that are needed.
    pub(in crate::web) async fn decide(&mut self, headers: &dyn Headers) -> Result<T, Denied> {
        let check = |guard: &Guard<'_>| (self.check)(guard, &self.parameters);
        let outcome = self
            .caller
            .check_with_keys(&self.authorizer, headers, check);
        let outcome = outcome.await;
        outcome.map_err(|denied| logged::<H>(denied, Some(&self.caller.principal)))
    }

    /// Like [`decide`](Self::decide), but returns `None` if the decision would have to wait.
    #[cfg(feature = "actix")]
    pub(in crate::web) fn decide_without_waiting(
        &mut self,
        headers: &dyn Headers,
    ) -> Option<Result<T, Denied>> {
        let check = |guard: &Guard<'_>| (self.check)(guard, &self.parameters);
        let outcome = self
            .caller
            .check_without_waiting(&self.authorizer, headers, check)?;
        Some(outcome.map_err(|denied| logged::<H>(denied, Some(&self.caller.principal))))
    }

    /// Stores the fetched keys of resources for the other checks of the request.
    pub(in crate::web) fn keep_keys<R: AdapterRequest>(&self, request: &mut R) {
        keep_keys(&self.caller, request);
    }
}

impl<H: Requires<P, T>, P, T> Identified<H, P, T> {
    /// Returns the proof of a check that has passed.
    pub(in crate::web) fn authorized(self, permit: T) -> Authorized<H, P, T> {
        Authorized::passed(self.parameters, permit)
    }
}

impl<H: Prechecks<P>, P> Identified<H, P, ()> {
    /// Returns the rest of a check whose first half has passed.
    pub(in crate::web) fn remainder(
        self,
        headers: &dyn Headers,
    ) -> (Prechecked<H, P>, Remainder<H, P>) {
        let caller = self.caller.after_body(&self.authorizer, headers);
        let remainder = Remainder::new(self.authorizer, caller, self.parameters);
        (Prechecked::passed(), remainder)
    }
}

/// Logs that the handler `H` was not run.
pub(super) fn logged<H: Annotated>(denied: Denied, principal: Option<&Principal>) -> Denied {
    log_refusal::<H>(&denied, principal);
    denied
}
