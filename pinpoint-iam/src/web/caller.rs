//! The caller of a web request, independent of the framework.

use pinpoint_iam_core::__private::OneLine;

use crate::arn::Scope;
use crate::authorizer::Authorizer;
use crate::context::Context;
use crate::denial::{Denied, DeniedReason};
use crate::eval::DenyReason;
#[cfg(feature = "actix")]
use crate::guard::check_without_waiting;
use crate::guard::{Guard, check_with_keys};
use crate::principal::Principal;
use crate::request::{ContextOnDemand, RequestContext};
use crate::source::resource_keys::FetchedKeys;
use crate::web::context::{Headers, RequestFacts};
use crate::web::policies::CallerPolicies;
use crate::web::{Annotated, CallerOf, RequestHead};

/// The caller and the known values of the request: the [`RequestFacts`] or, if the check of a handler continues after
/// its body, the [`Context`] created from them before.
#[derive(Clone)]
pub(super) struct RequestCaller<C = RequestFacts> {
    pub(super) principal: Principal,
    /// The policies that all checks of the request use.
    policies: CallerPolicies,
    context: C,
    /// The scope of the tenant, if tenants are accounts.
    scope: Option<Scope>,
    /// The keys of resources that checks of this request have fetched so far, for later checks.
    pub(super) fetched: FetchedKeys,
}

/// A request before its caller is identified.
///
/// Everything else is read before the extractors of the application run, because they could change it.
pub(super) struct Unidentified {
    principal: Option<Principal>,
    policies: CallerPolicies,
    context: RequestFacts,
    scope: Option<Scope>,
    fetched: FetchedKeys,
}

impl Unidentified {
    /// Reads the head of the request, and the principal and the scope from its extensions.
    pub(super) fn of(
        authorizer: &Authorizer,
        policies: CallerPolicies,
        principal: Option<Principal>,
        scope: Option<Scope>,
        fetched: FetchedKeys,
        head: &dyn RequestHead,
    ) -> Self {
        Self {
            principal,
            policies,
            context: RequestFacts::of(authorizer.network(), head),
            scope,
            fetched,
        }
    }

    /// Returns the principal in the extensions.
    pub(super) const fn principal(&self) -> Option<&Principal> {
        self.principal.as_ref()
    }

    /// Checks, before any parameter is extracted, that the request has a principal, or that a parameter identifies the
    /// caller and the request has no other principal.
    pub(super) fn check_principal<P>(
        &self,
        from: Option<CallerOf<P>>,
        authorizer: &Authorizer,
    ) -> Result<(), Denied> {
        match (from, &self.principal) {
            (None, Some(_)) | (Some(_), None) => Ok(()),
            (None, None) => Err(Denied::unauthenticated().for_authorizer(authorizer)),
            (Some(_), Some(_)) => Err(two_callers(authorizer)),
        }
    }

    /// Identifies the caller after the parameters are extracted. `principal` is the one that the extensions contain now.
    pub(super) fn identified<P>(
        self,
        from: Option<CallerOf<P>>,
        parameters: &P,
        principal: Option<&Principal>,
        authorizer: &Authorizer,
    ) -> Result<RequestCaller, Denied> {
        let identified = match from {
            None => self.principal.clone(),
            Some(_) if principal.is_some() => return Err(two_callers(authorizer)),
            Some(caller) => {
                caller(parameters).map_err(|denied| denied.for_authorizer(authorizer))?
            }
        };
        self.with_principal(identified, authorizer)
    }

    /// The caller with this principal.
    pub(super) fn with_principal(
        self,
        principal: Option<Principal>,
        authorizer: &Authorizer,
    ) -> Result<RequestCaller, Denied> {
        let nobody = || Denied::unauthenticated().for_authorizer(authorizer);
        Ok(RequestCaller {
            principal: principal.ok_or_else(nobody)?,
            policies: self.policies,
            context: self.context,
            scope: self.scope,
            fetched: self.fetched,
        })
    }
}

/// Two principals could be two callers, and each would be checked for a part of the request.
fn two_callers(authorizer: &Authorizer) -> Denied {
    Denied::misconfigured(
        "the request's extensions contain a `Principal`, and `caller = ..` names another one: use either the middleware or \
         the parameter",
    )
    .for_authorizer(authorizer)
}

impl<C> RequestCaller<C> {
    /// Loads the policies of the caller, if that is necessary.
    pub(super) async fn load_policies(&mut self, authorizer: &Authorizer) {
        self.policies.load(authorizer, &self.principal).await;
    }
}

impl RequestCaller {
    /// Runs a check for this caller, with the policies and the keys of resources that it needs.
    pub(super) async fn check_with_keys<T>(
        &mut self,
        authorizer: &Authorizer,
        headers: &dyn Headers,
        check: impl Fn(&Guard<'_>) -> Result<T, Denied>,
    ) -> Result<T, Denied> {
        self.load_policies(authorizer).await;
        let scope = asked_scope(self.scope.as_ref(), authorizer);
        let context = self.context.on_demand(scope, headers);
        let context = RequestContext::OnDemand(&context);
        let policies = self.policies.pinned();
        let guard = Guard::new(authorizer, policies, &self.principal, context).in_scope(scope);
        check_with_keys(guard, &mut self.fetched, check)
            .await
            .map_err(|denied| denied.for_authorizer(authorizer))
    }

    /// Like [`check_with_keys`](Self::check_with_keys), but returns `None` if the check would have to wait for policies or
    /// keys of resources.
    #[cfg(feature = "actix")]
    pub(super) fn check_without_waiting<T>(
        &mut self,
        authorizer: &Authorizer,
        headers: &dyn Headers,
        check: impl Fn(&Guard<'_>) -> Result<T, Denied>,
    ) -> Option<Result<T, Denied>> {
        if !self.policies.look_up(authorizer, &self.principal) {
            return None;
        }
        let scope = asked_scope(self.scope.as_ref(), authorizer);
        let context = self.context.on_demand(scope, headers);
        let context = RequestContext::OnDemand(&context);
        let policies = self.policies.pinned();
        let guard = Guard::new(authorizer, policies, &self.principal, context).in_scope(scope);
        let outcome = check_without_waiting(guard, check)?;
        Some(outcome.map_err(|denied| denied.for_authorizer(authorizer)))
    }

    /// The caller for the check after the body. The known values of the request do not change after this.
    pub(super) fn after_body(
        self,
        authorizer: &Authorizer,
        headers: &dyn Headers,
    ) -> RequestCaller<Context> {
        let scope = asked_scope(self.scope.as_ref(), authorizer);
        let context = self.context.on_demand(scope, headers).to_context();
        RequestCaller {
            principal: self.principal,
            policies: self.policies,
            context,
            scope: self.scope,
            fetched: self.fetched,
        }
    }
}

impl RequestCaller<Context> {
    /// Runs the check after the body for this caller, with the keys of resources that it needs.
    pub(super) async fn check_with_keys<T>(
        &mut self,
        authorizer: &Authorizer,
        check: impl Fn(&Guard<'_>) -> Result<T, Denied>,
    ) -> Result<T, Denied> {
        let scope = asked_scope(self.scope.as_ref(), authorizer);
        let policies = self.policies.pinned();
        let guard = Guard::new(
            authorizer,
            policies,
            &self.principal,
            RequestContext::OfRequest(&self.context),
        );
        let guard = guard.in_scope(scope);
        check_with_keys(guard, &mut self.fetched, check)
            .await
            .map_err(|denied| denied.for_authorizer(authorizer))
    }
}

impl RequestCaller<Context> {
    /// Returns the guard for the rest of the request.
    pub(super) fn guard<'a>(&'a self, authorizer: &'a Authorizer) -> Guard<'a> {
        let scope = asked_scope(self.scope.as_ref(), authorizer);
        let policies = self.policies.pinned();
        Guard::new(
            authorizer,
            policies,
            &self.principal,
            RequestContext::OfRequest(&self.context),
        )
        .in_scope(scope)
        .with_fetched(&self.fetched)
    }

    /// Switches to the current policies, and discards the keys of resources.
    pub(super) fn renew(&mut self, authorizer: &Authorizer) {
        self.policies.renew(authorizer, &self.principal);
        self.fetched = FetchedKeys::default();
    }

    /// Like [`renew`](Self::renew), but waits for the policies if they have to be loaded.
    #[cfg(feature = "on-demand")]
    pub(super) async fn renew_async(&mut self, authorizer: &Authorizer) {
        self.policies.renew_async(authorizer, &self.principal).await;
        self.fetched = FetchedKeys::default();
    }
}

/// The scope of the requested resources: that of the tenant, or else that of the deployment.
fn asked_scope<'a>(tenant: Option<&'a Scope>, authorizer: &'a Authorizer) -> &'a Scope {
    tenant.unwrap_or(authorizer.scope())
}

/// The place of a denial by the extractor of a permit, whose handler is unknown.
pub(super) const PERMIT: &str = "an extractor of `Permit`";

/// Logs that the handler `H` was not run.
pub(super) fn log_refusal<H: Annotated>(denied: &Denied, principal: Option<&Principal>) {
    log_denial(denied, principal, H::declaration().handler);
}

/// Logs a denial of `place`, a handler or another part of the application.
///
/// At the level `debug`, the explanation is logged as well. It is not computed for other levels.
pub(crate) fn log_denial(denied: &Denied, principal: Option<&Principal>, place: &str) {
    let reason = denied.reason();
    let principal = denied
        .principal()
        .or(principal)
        .map(tracing::field::display);
    let action = denied.action().map(tracing::field::display);
    let resource = denied
        .resource()
        .map(|arn| tracing::field::display(OneLine(arn)));
    match reason {
        DeniedReason::Misconfigured(_) | DeniedReason::NoScope => {
            tracing::error!(handler = place, action, resource, %reason, "request denied");
        }
        DeniedReason::Refused(by) if matches!(by.reason(), DenyReason::Indeterminate(_)) => {
            tracing::error!(
                handler = place,
                action,
                resource,
                %reason,
                "request denied: no source supplies these condition keys; add them with `request_keys`, or declare them with `absent`"
            );
        }
        _ => {
            tracing::info!(principal, handler = place, action, resource, %reason, "request denied");
        }
    }
    if tracing::enabled!(tracing::Level::DEBUG)
        && let Some(explanation) = denied.explanation()
    {
        tracing::debug!(
            handler = place,
            action,
            resource,
            explanation = explanation.for_log(),
            "explanation of the denied request"
        );
    }
}
