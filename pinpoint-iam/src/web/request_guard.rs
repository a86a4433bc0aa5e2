//! The guard of a web request, as a parameter of a handler.

use std::fmt;
use std::future::Future;
use std::sync::Arc;

#[cfg(feature = "page-tokens")]
use serde::{Serialize, de::DeserializeOwned};

use crate::action::{ActsOn, ServiceResource};
use crate::authorizer::Authorizer;
use crate::context::Context;
use crate::denial::Denied;
use crate::eval::Explanation;
use crate::guard::as_guard::AsGuard;
use crate::guard::{
    AllowedActions, Guard, KeyLoads, ListRow, Page, PageQuery, Permit, check_with_keys,
};
#[cfg(feature = "page-tokens")]
use crate::guard::{PageRequest, TokenPage};
use crate::list::{Constraint, ResourceColumns};
use crate::principal::Principal;
use crate::resource::{InvalidId, Resource};
use crate::source::resource_keys::FetchedKeys;
use crate::web::caller::{RequestCaller, log_denial};
use crate::web::check_note::CheckNote;

/// An extractor that provides the [`Guard`] of a web request, for checks in a handler and for functions with
/// `#[requires(.., guard = ..)]`.
///
/// Checks of a guard and its clones may run at the same time: the keys of a resource are fetched once for all of them.
///
/// The guard has the same information as the check of the handler: the principal, the condition keys of the request,
/// the tenant's scope and the fetched keys of resources. It uses the same policies, even if they have been reloaded in the meantime,
/// so a request is never decided by a mixture of two states.
///
/// ```
/// use pinpoint_iam::web::RequestGuard;
/// use pinpoint_iam::{Denied, requires};
///
/// #[requires(GetCampaign, guard = guard)]
/// fn name_of(guard: &RequestGuard, application_id: &str, campaign_id: &str) -> Result<String, Denied> {
///     Ok(format!("{campaign_id} of {application_id}"))
/// }
///
/// # #[cfg(feature = "axum")]
/// # fn on_axum(router: axum::Router<pinpoint_iam::Authorizer>) -> axum::Router<pinpoint_iam::Authorizer> {
/// use axum::extract::Path;
///
/// #[requires(GetApp)]
/// async fn get_app(
///     Path(application_id): Path<String>,
///     guard: RequestGuard,
/// ) -> Result<String, Denied> {
///     name_of(&guard, &application_id, "c1")
/// }
/// # router.route("/apps/{application_id}", axum::routing::get(get_app))
/// # }
/// ```
///
/// The extractor responds 401 if the request has no principal. It does not check anything by itself. It reads the
/// principal and the scope from the request's extensions, so place it before extractors that change them.
#[derive(Clone)]
pub struct RequestGuard {
    authorizer: Authorizer,
    caller: RequestCaller<Context>,
    /// The keys of resources that checks of this guard and of the handler have fetched, and those that they are fetching.
    loads: Arc<KeyLoads>,
    /// Set by the first check.
    note: CheckNote,
}

impl RequestGuard {
    pub(super) fn new(
        authorizer: Authorizer,
        caller: RequestCaller<Context>,
        note: CheckNote,
    ) -> Self {
        let loads = Arc::new(KeyLoads::new(caller.fetched.clone()));
        Self {
            authorizer,
            caller,
            loads,
            note,
        }
    }

    /// Returns the guard.
    pub fn guard(&self) -> Guard<'_> {
        self.note.set();
        let guard = self.caller.guard(&self.authorizer);
        guard.with_loads(&self.loads)
    }

    /// Returns the caller.
    pub const fn principal(&self) -> &Principal {
        &self.caller.principal
    }

    /// Switches to the policies that are loaded now, and discards the fetched keys of resources.
    ///
    /// For long-lived connections, such as WebSockets: call it before each message, so that a revoked permission does
    /// not last as long as the connection. The condition keys remain those of the request.
    ///
    /// With policies on demand, use `renew_async`: after this method all checks are denied with 503 if the policies of the
    /// caller are not in the cache.
    pub fn renew(&mut self) {
        self.caller.renew(&self.authorizer);
        self.loads = Arc::default();
    }

    /// Like [`renew`](Self::renew), but waits for the policies of the caller if they come from a
    /// [source of principals](crate::AuthorizerBuilder::principal_source) and are not in the cache.
    ///
    /// If they cannot be loaded, all checks are denied with 503 until the guard is renewed again.
    #[cfg(feature = "on-demand")]
    pub async fn renew_async(&mut self) {
        self.caller.renew_async(&self.authorizer).await;
        self.loads = Arc::default();
    }

    /// Checks that the caller may perform `action` on `resource`, for resources that are only known in the handler.
    ///
    /// Waits for keys of the resource if the decision depends on them. A denial is logged.
    ///
    /// ```
    /// # use pinpoint_iam::Denied;
    /// use pinpoint_iam::mobiletargeting::{Campaign, DeleteCampaign};
    /// use pinpoint_iam::web::RequestGuard;
    ///
    /// async fn purge(guard: RequestGuard, ids: Vec<String>) -> Result<(), Denied> {
    ///     for id in ids {
    ///         guard.check(DeleteCampaign, &Campaign::new("a1", id)?).await?;
    ///     }
    ///     Ok(())
    /// }
    /// ```
    ///
    /// # Errors
    ///
    /// Those of [`Guard::check`].
    pub async fn check<A, R>(&self, action: A, resource: &R) -> Result<(), Denied>
    where
        A: ActsOn<R>,
        R: Resource,
    {
        self.decide(|guard| guard.check(action, resource)).await
    }

    /// Like [`check`](Self::check), but returns the proof.
    ///
    /// # Errors
    ///
    /// Those of [`Guard::authorize`].
    pub async fn authorize<A, R>(&self, action: A, resource: &R) -> Result<Permit<A>, Denied>
    where
        A: ActsOn<R>,
        R: Resource,
    {
        self.decide(|guard| guard.authorize(action, resource)).await
    }

    /// Whether the caller may perform `action` on `resource`, see [`Guard::is_allowed`].
    ///
    /// # Errors
    ///
    /// Those of [`Guard::is_allowed`].
    pub async fn is_allowed<A, R>(&self, action: A, resource: &R) -> Result<bool, Denied>
    where
        A: ActsOn<R>,
        R: Resource,
    {
        let fetched = self.fetched();
        let guard = self.guard().with_fetched(&fetched);
        guard.is_allowed(action, resource).await
    }

    /// Returns those of `resources` on which the caller may perform `action`, see [`Guard::filter`].
    ///
    /// # Errors
    ///
    /// Those of [`Guard::filter`].
    pub async fn filter<A, R>(
        &self,
        action: A,
        resources: impl IntoIterator<Item = R>,
    ) -> Result<Vec<R>, Denied>
    where
        A: ActsOn<R>,
        R: Resource,
    {
        let resources: Vec<R> = resources.into_iter().collect();
        let fetched = self.fetched();
        let guard = self.guard().with_fetched(&fetched);
        guard.filter(action, resources).await
    }

    /// Returns those of `items` on whose resources the caller may perform `action`, see [`Guard::filter_by`].
    ///
    /// # Errors
    ///
    /// Those of [`Guard::filter_by`].
    pub async fn filter_by<A, R, T>(
        &self,
        action: A,
        items: impl IntoIterator<Item = T>,
        resource: impl Fn(&T) -> Result<R, InvalidId>,
    ) -> Result<Vec<T>, Denied>
    where
        A: ActsOn<R>,
        R: Resource,
    {
        let items: Vec<T> = items.into_iter().collect();
        let fetched = self.fetched();
        let guard = self.guard().with_fetched(&fetched);
        guard.filter_by(action, items, resource).await
    }

    /// Returns the actions that the caller may perform on `resource`, see [`Guard::allowed_actions`].
    ///
    /// # Errors
    ///
    /// Those of [`Guard::allowed_actions`].
    pub async fn allowed_actions<R: ServiceResource>(
        &self,
        resource: &R,
    ) -> Result<AllowedActions<R>, Denied> {
        let fetched = self.fetched();
        let guard = self.guard().with_fetched(&fetched);
        guard.allowed_actions(resource).await
    }

    /// Returns which rows of a table the caller may perform `action` on, see [`Guard::constraint`].
    ///
    /// # Errors
    ///
    /// Those of [`Guard::constraint`].
    pub async fn constraint<A, C>(&self, action: A, columns: &C) -> Result<Constraint, Denied>
    where
        A: ActsOn<C::Resource>,
        C: ResourceColumns,
    {
        let outcome = self.guard().constraint(action, columns).await;
        outcome.inspect_err(|denied| self.log(denied))
    }

    /// Returns a page of the rows that the caller may perform `action` on, see [`Guard::filter_page`].
    ///
    /// # Errors
    ///
    /// Those of [`Guard::filter_page`].
    pub async fn filter_page<A, C, T, F, Q, E>(
        &self,
        action: A,
        columns: &C,
        size: usize,
        after: Option<T::Key>,
        fetch: F,
    ) -> Result<Page<T>, E>
    where
        A: ActsOn<T::Resource>,
        C: ResourceColumns<Resource = T::Resource>,
        T: ListRow,
        F: FnMut(PageQuery<T::Key>) -> Q,
        Q: Future<Output = Result<Vec<T>, E>>,
        E: From<Denied>,
    {
        let constraint = self.constraint(action, columns).await?;
        let fetched = self.fetched();
        let guard = self.guard().with_fetched(&fetched);
        guard.page_of(action, &constraint, size, after, fetch).await
    }

    /// Like [`filter_page`](Self::filter_page), for a client that requests the next page with a token, see
    /// [`Guard::filter_page_by_token`].
    ///
    /// # Errors
    ///
    /// Those of [`Guard::filter_page_by_token`].
    #[cfg(feature = "page-tokens")]
    pub async fn filter_page_by_token<A, C, T, F, Q, E>(
        &self,
        action: A,
        columns: &C,
        page: PageRequest<'_>,
        fetch: F,
    ) -> Result<TokenPage<T>, E>
    where
        A: ActsOn<T::Resource>,
        C: ResourceColumns<Resource = T::Resource>,
        T: ListRow,
        T::Key: Serialize + DeserializeOwned,
        F: FnMut(PageQuery<T::Key>) -> Q,
        Q: Future<Output = Result<Vec<T>, E>>,
        E: From<Denied>,
    {
        let constraint = self.constraint(action, columns).await?;
        let fetched = self.fetched();
        let guard = self.guard().with_fetched(&fetched);
        guard.page_by_token(action, &constraint, page, fetch).await
    }

    /// Explains the decision about `action` on `resource`, see [`Guard::explain`].
    pub fn explain<A, R>(&self, action: A, resource: &R) -> Explanation
    where
        A: ActsOn<R>,
        R: Resource,
    {
        let fetched = self.fetched();
        let guard = self.guard().with_fetched(&fetched);
        guard.explain(action, resource)
    }

    /// Runs a check. The keys that it fetches are kept for later checks.
    async fn decide<T>(
        &self,
        check: impl Fn(&Guard<'_>) -> Result<T, Denied>,
    ) -> Result<T, Denied> {
        let mut fetched = self.fetched();
        let outcome = check_with_keys(self.guard(), &mut fetched, check).await;
        outcome.inspect_err(|denied| self.log(denied))
    }

    fn log(&self, denied: &Denied) {
        log_denial(denied, Some(self.principal()), "a check in a handler");
    }

    fn fetched(&self) -> FetchedKeys {
        self.loads.fetched()
    }
}

impl AsGuard for RequestGuard {
    fn guard(&self) -> Guard<'_> {
        Self::guard(self)
    }
}

impl fmt::Debug for RequestGuard {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("RequestGuard")
            .field("principal", self.principal())
            .finish_non_exhaustive()
    }
}
