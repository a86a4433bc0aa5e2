//! Who asks, whatever the framework.

use crate::arn::Scope;
use crate::authorizer::Authorizer;
use crate::context::Context;
#[cfg(feature = "actix")]
use crate::guard::settle_at_once;
use crate::guard::{Denied, DeniedReason, FetchedTags, Guard, settle};
use crate::principal::Principal;
use crate::request::RequestContext;
use crate::web::context::{Headers, RequestFacts};
use crate::web::{Annotated, RequestHead};

/// Who asks, and what is known of the request: the [`RequestFacts`] or, where the check of a handler is finished after
/// its body, the [`Context`] that was made of them before.
#[derive(Clone)]
pub(super) struct Caller<C = RequestFacts> {
    pub(super) principal: Principal,
    context: C,
    /// The tenant's, where tenants are accounts.
    scope: Option<Scope>,
    /// The resource tags that the checks of this request have fetched so far, for the later ones.
    pub(super) fetched: FetchedTags,
}

impl Caller {
    /// The principal and the scope of the request's extensions, with what the head of the request tells.
    pub(super) fn of(
        authorizer: &Authorizer,
        principal: Option<Principal>,
        scope: Option<Scope>,
        fetched: Option<FetchedTags>,
        head: &dyn RequestHead,
    ) -> Result<Self, Denied> {
        let nobody = || Denied::no_principal().answered_by(authorizer);
        Ok(Self {
            principal: principal.ok_or_else(nobody)?,
            context: RequestFacts::of(authorizer, head),
            scope,
            fetched: fetched.unwrap_or_default(),
        })
    }

    /// Runs a check for this caller, with the tags that it needs.
    pub(super) async fn settle<T>(
        &mut self,
        authorizer: &Authorizer,
        headers: &dyn Headers,
        check: impl Fn(&Guard<'_>) -> Result<T, Denied>,
    ) -> Result<T, Denied> {
        let scope = asked_scope(self.scope.as_ref(), authorizer);
        let context = self.context.on_demand(scope, headers);
        let context = RequestContext::OnDemand(&context);
        let guard = Guard::new(authorizer, &self.principal, context).in_scope(scope);
        settle(guard, &mut self.fetched, check)
            .await
            .map_err(|denied| denied.answered_by(authorizer))
    }

    /// What [`settle`](Self::settle) answers where it need not wait for tags; `None` where it must.
    #[cfg(feature = "actix")]
    pub(super) fn settle_at_once<T>(
        &self,
        authorizer: &Authorizer,
        headers: &dyn Headers,
        check: impl Fn(&Guard<'_>) -> Result<T, Denied>,
    ) -> Option<Result<T, Denied>> {
        let scope = asked_scope(self.scope.as_ref(), authorizer);
        let context = self.context.on_demand(scope, headers);
        let context = RequestContext::OnDemand(&context);
        let guard = Guard::new(authorizer, &self.principal, context).in_scope(scope);
        let outcome = settle_at_once(guard, check)?;
        Some(outcome.map_err(|denied| denied.answered_by(authorizer)))
    }

    /// The caller for the check after the body: what is known of the request does not change by then.
    pub(super) fn after_body(
        self,
        authorizer: &Authorizer,
        headers: &dyn Headers,
    ) -> Caller<Context> {
        let scope = asked_scope(self.scope.as_ref(), authorizer);
        let context = self.context.on_demand(scope, headers).make_all();
        Caller {
            principal: self.principal,
            context,
            scope: self.scope,
            fetched: self.fetched,
        }
    }
}

impl Caller<Context> {
    /// Runs the check after the body for this caller, with the tags that it needs.
    pub(super) async fn settle<T>(
        &mut self,
        authorizer: &Authorizer,
        check: impl Fn(&Guard<'_>) -> Result<T, Denied>,
    ) -> Result<T, Denied> {
        let scope = asked_scope(self.scope.as_ref(), authorizer);
        let guard = Guard::new(authorizer, &self.principal, &self.context).in_scope(scope);
        settle(guard, &mut self.fetched, check)
            .await
            .map_err(|denied| denied.answered_by(authorizer))
    }
}

/// The scope of the resources that are asked about: the tenant's or, without one, the deployment's.
fn asked_scope<'a>(tenant: Option<&'a Scope>, authorizer: &'a Authorizer) -> &'a Scope {
    tenant.unwrap_or(authorizer.scope())
}

/// Logs that the handler `H` was not reached.
pub(super) fn log_refusal<H: Annotated>(denied: &Denied, principal: Option<&Principal>) {
    let handler = H::declaration().handler;
    let reason = denied.reason();
    match (reason, principal) {
        (DeniedReason::Misconfigured(_) | DeniedReason::NoScope, _) => {
            tracing::error!(handler, %reason, "request refused");
        }
        (_, Some(principal)) => tracing::info!(%principal, handler, %reason, "request refused"),
        (_, None) => tracing::info!(handler, %reason, "request refused"),
    }
}
