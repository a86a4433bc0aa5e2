//! The caller of a web request, independent of the framework.

use std::sync::Arc;

use crate::arn::Scope;
use crate::authorizer::Authorizer;
use crate::context::Context;
use crate::denial::{Denied, DeniedReason};
use crate::eval::DenyReason;
#[cfg(feature = "actix")]
use crate::guard::check_without_waiting;
use crate::guard::{Guard, check_with_keys};
use crate::principal::Principal;
use crate::request::RequestContext;
use crate::source::resource_keys::FetchedKeys;
use crate::states::{Pinned, PolicyState};
use crate::web::context::{Headers, RequestFacts};
use crate::web::{Annotated, RequestHead};

/// The caller and the known values of the request: the [`RequestFacts`] or, if the check of a handler continues after
/// its body, the [`Context`] created from them before.
#[derive(Clone)]
pub(super) struct Caller<C = RequestFacts> {
    pub(super) principal: Principal,
    /// The policies that all checks of the request use.
    policies: Arc<PolicyState>,
    context: C,
    /// The scope of the tenant, if tenants are accounts.
    scope: Option<Scope>,
    /// The keys of resources that checks of this request have fetched so far, for later checks.
    pub(super) fetched: FetchedKeys,
}

impl Caller {
    /// Combines the principal and the scope from the request's extensions with the head of the request.
    pub(super) fn of(
        authorizer: &Authorizer,
        policies: Arc<PolicyState>,
        principal: Option<Principal>,
        scope: Option<Scope>,
        fetched: Option<FetchedKeys>,
        head: &dyn RequestHead,
    ) -> Result<Self, Denied> {
        let nobody = || Denied::unauthenticated().for_authorizer(authorizer);
        Ok(Self {
            principal: principal.ok_or_else(nobody)?,
            policies,
            context: RequestFacts::of(authorizer.network(), head),
            scope,
            fetched: fetched.unwrap_or_default(),
        })
    }

    /// Runs a check for this caller, with the keys of resources that it needs.
    pub(super) async fn check_with_keys<T>(
        &mut self,
        authorizer: &Authorizer,
        headers: &dyn Headers,
        check: impl Fn(&Guard<'_>) -> Result<T, Denied>,
    ) -> Result<T, Denied> {
        let scope = asked_scope(self.scope.as_ref(), authorizer);
        let context = self.context.on_demand(scope, headers);
        let context = RequestContext::OnDemand(&context);
        let policies = Pinned::Borrowed(&self.policies);
        let guard = Guard::new(authorizer, policies, &self.principal, context).in_scope(scope);
        check_with_keys(guard, &mut self.fetched, check)
            .await
            .map_err(|denied| denied.for_authorizer(authorizer))
    }

    /// Like [`check_with_keys`](Self::check_with_keys), but returns `None` if the check would have to wait for keys of resources.
    #[cfg(feature = "actix")]
    pub(super) fn check_without_waiting<T>(
        &self,
        authorizer: &Authorizer,
        headers: &dyn Headers,
        check: impl Fn(&Guard<'_>) -> Result<T, Denied>,
    ) -> Option<Result<T, Denied>> {
        let scope = asked_scope(self.scope.as_ref(), authorizer);
        let context = self.context.on_demand(scope, headers);
        let context = RequestContext::OnDemand(&context);
        let policies = Pinned::Borrowed(&self.policies);
        let guard = Guard::new(authorizer, policies, &self.principal, context).in_scope(scope);
        let outcome = check_without_waiting(guard, check)?;
        Some(outcome.map_err(|denied| denied.for_authorizer(authorizer)))
    }

    /// The caller for the check after the body. The known values of the request do not change after this.
    pub(super) fn after_body(
        self,
        authorizer: &Authorizer,
        headers: &dyn Headers,
    ) -> Caller<Context> {
        let scope = asked_scope(self.scope.as_ref(), authorizer);
        let context = self.context.on_demand(scope, headers).make_all();
        Caller {
            principal: self.principal,
            policies: self.policies,
            context,
            scope: self.scope,
            fetched: self.fetched,
        }
    }
}

impl Caller<Context> {
    /// Runs the check after the body for this caller, with the keys of resources that it needs.
    pub(super) async fn check_with_keys<T>(
        &mut self,
        authorizer: &Authorizer,
        check: impl Fn(&Guard<'_>) -> Result<T, Denied>,
    ) -> Result<T, Denied> {
        let scope = asked_scope(self.scope.as_ref(), authorizer);
        let policies = Pinned::Borrowed(&self.policies);
        let guard = Guard::new(authorizer, policies, &self.principal, &self.context);
        let guard = guard.in_scope(scope);
        check_with_keys(guard, &mut self.fetched, check)
            .await
            .map_err(|denied| denied.for_authorizer(authorizer))
    }
}

impl Caller<Context> {
    /// Returns the guard for the rest of the request.
    pub(super) fn guard<'a>(&'a self, authorizer: &'a Authorizer) -> Guard<'a> {
        let scope = asked_scope(self.scope.as_ref(), authorizer);
        let policies = Pinned::Borrowed(&self.policies);
        Guard::new(authorizer, policies, &self.principal, &self.context)
            .in_scope(scope)
            .with_fetched(&self.fetched)
    }

    /// Switches to the current policies, and discards the keys of resources.
    pub(super) fn renew(&mut self, authorizer: &Authorizer) {
        self.policies = authorizer.states().current_shared();
        self.fetched = FetchedKeys::default();
    }
}

/// The scope of the requested resources: that of the tenant, or else that of the deployment.
fn asked_scope<'a>(tenant: Option<&'a Scope>, authorizer: &'a Authorizer) -> &'a Scope {
    tenant.unwrap_or(authorizer.scope())
}

/// Logs that the handler `H` was not run.
pub(super) fn log_refusal<H: Annotated>(denied: &Denied, principal: Option<&Principal>) {
    let handler = H::declaration().handler;
    let reason = denied.reason();
    match (reason, principal) {
        (DeniedReason::Misconfigured(_) | DeniedReason::NoScope, _) => {
            tracing::error!(handler, %reason, "request denied");
        }
        (DeniedReason::Refused(by), _) if matches!(by.reason(), DenyReason::Indeterminate(_)) => {
            tracing::error!(
                handler,
                %reason,
                "request denied: no source supplies these condition keys; add them with `request_keys`, or declare them with `absent`"
            );
        }
        (_, Some(principal)) => tracing::info!(%principal, handler, %reason, "request denied"),
        (_, None) => tracing::info!(handler, %reason, "request denied"),
    }
}
