//! The authorizer: the loaded policies of a deployment.

mod aging;
mod catalog_check;
pub mod change;
mod hooks;
mod key_sources;
#[cfg(feature = "on-demand")]
mod on_demand;
mod recorded;
mod recording;
#[cfg(feature = "refresh")]
mod refresh;
mod session;
#[cfg(feature = "watch")]
mod watch;
mod web_settings;

use std::fmt;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use pinpoint_iam_core::__private::Quoted;

use crate::absence::AbsenceRules;
use crate::action::ServiceMetadata;
use crate::arn::{InvalidScope, Scope};
use crate::context::{ConditionKey, covers, is_named};
#[cfg(feature = "decision-log")]
use crate::decision_log::DecisionLog;
use crate::denial::ErrorResponses;
use crate::eval::compiled;
use crate::eval::snapshot::{Snapshot, SnapshotGuard, Unavailable};
use crate::eval::{
    Decision, DeniedBy, Evaluation, Explanation, MissingKeys, PolicyStack, reference,
};
use crate::freshness::{Clock, Revision};
use crate::list::{Columns, Constraint, ListError, constrain, constrain_programs};
use crate::policy_stack::Policy;
#[cfg(not(feature = "on-demand"))]
use crate::principal::Principal;
use crate::program::{ActionNames, TooLarge};
use crate::request::Request;
use crate::source::resource_keys::{
    Batch, KeyedResource, KeysUnavailable, OneByOne, Origin, ResourceKeySource, ResourceKeySources,
};
use crate::source::resource_tags::ResourceTagSource;
use crate::source::{PolicySource, PolicyStore, SourceError};
use crate::states::{Confirmed, PolicyState, PolicyStates, Replacing};
#[cfg(feature = "_web")]
use crate::web_context::NetworkConfig;

pub(crate) use hooks::DecisionHooks;

use self::catalog_check::mismatches;
pub use self::catalog_check::{CatalogMismatch, CatalogMismatches, MismatchLevel};
use self::change::{ChangeChecks, Occasion, RejectedChange};
use self::key_sources::KeySources;
pub use self::key_sources::{KeyWithoutSource, KeysWithoutSource};
#[cfg(feature = "on-demand")]
pub use self::on_demand::{Invalidator, PrincipalCache, PrincipalCacheCounts};
#[cfg(feature = "on-demand")]
use self::on_demand::{OnDemand, OnDemandSettings};
pub(crate) use self::recording::ListOf;
#[cfg(feature = "refresh")]
use self::refresh::{Refresh, RefreshSettings};
#[cfg(feature = "refresh")]
pub use self::refresh::{RefreshCounts, RefreshError, Refreshed, Refresher};
pub use self::session::SessionWarnings;
#[cfg(feature = "watch")]
pub use self::watch::WatchError;

/// Decides requests with the policies of one deployment. Cheap to clone.
///
/// ```
/// use pinpoint_iam::mobiletargeting::{self, Campaign, GetCampaign};
/// use pinpoint_iam::source::PolicyStore;
/// use pinpoint_iam::{Authorizer, Policy, Principal, Scope, context::Context, policy::Document};
///
/// let document = Document::parse(
///     r#"{
///         "Version": "2012-10-17",
///         "Statement": {
///             "Effect": "Allow",
///             "Action": "mobiletargeting:GetCampaign",
///             "Resource": "arn:aws:mobiletargeting:us-east-1:123456789012:apps/a1/*"
///         }
///     }"#,
/// )?;
/// let mut store = PolicyStore::new();
/// store
///     .identity("arn:aws:iam::123456789012:user/ana")?
///     .attach(Policy::new("reader", document));
///
/// let authorizer = Authorizer::builder()
///     .scope(Scope::new("aws", "us-east-1", "123456789012"))
///     .source(store)
///     .build()?;
///
/// let ana = Principal::from_arn("arn:aws:iam::123456789012:user/ana")?;
/// let context = Context::new();
/// let guard = authorizer.guard(&ana, &context);
/// assert!(guard.check(GetCampaign, &Campaign::new("a1", "c1")?).is_ok());
/// assert!(guard.check(GetCampaign, &Campaign::new("a2", "c1")?).is_err());
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone)]
pub struct Authorizer {
    inner: Arc<Inner>,
    /// The hooks of a test. Only the feature `testing` can create them.
    hooks: Option<Arc<DecisionHooks>>,
}

struct Inner {
    /// Distinguishes the authorizers of a process.
    id: u64,
    scope: Scope,
    /// The source of [`Authorizer::reload`]; `None` if the policies come from an asynchronous source.
    source: Mutex<Option<Arc<dyn PolicySource>>>,
    #[cfg(feature = "refresh")]
    refresh: Option<Refresh>,
    #[cfg(feature = "on-demand")]
    on_demand: Option<OnDemand>,
    states: PolicyStates,
    resource_keys: ResourceKeySources,
    key_fetches: AtomicU64,
    key_failures: AtomicU64,
    tag_fetches: AtomicU64,
    tag_failures: AtomicU64,
    error_responses: Arc<ErrorResponses>,
    absence: AbsenceRules,
    supplied: Vec<ConditionKey>,
    only_warns: bool,
    mismatch_level: Option<MismatchLevel>,
    changes: ChangeChecks,
    /// The warnings of the last load.
    warnings: Mutex<LoadWarnings>,
    #[cfg(feature = "_web")]
    network: NetworkConfig,
    #[cfg(feature = "decision-log")]
    decision_log: Option<DecisionLog>,
}

/// What a load reports without rejecting the policies.
#[derive(Default)]
struct LoadWarnings {
    mismatches: Vec<CatalogMismatch>,
    keys: Vec<KeyWithoutSource>,
}

#[cfg(any(feature = "_web", feature = "on-demand"))]
impl LoadWarnings {
    fn log(&self) {
        log_mismatches(&self.mismatches);
        for key in &self.keys {
            tracing::warn!("{key}");
        }
    }
}

impl Authorizer {
    /// Returns a builder.
    pub fn builder() -> AuthorizerBuilder {
        AuthorizerBuilder::default()
    }

    /// Returns the partition, region and account of the deployment's resources.
    ///
    /// Where tenants are accounts it has no account: see [`Guard::in_scope`](crate::Guard::in_scope).
    pub fn scope(&self) -> &Scope {
        &self.inner.scope
    }

    /// Decides `request` with the policies of its principal.
    ///
    /// A resource whose ARN has no account, such as `*`, belongs to the account of the request's scope or, without one,
    /// of the authorizer's [scope](Self::scope).
    ///
    /// A request whose decision depends on unknown keys of the context is denied; [`evaluate`](Self::evaluate) returns
    /// these keys.
    pub fn decide(&self, request: &Request<'_>) -> Decision {
        let state = self.state_of(request.principal());
        let recording = self.recording();
        let evaluation = self.answer_by(&state, &recording.noting(*request));
        recording.end(&state, request, &evaluation);
        evaluation.into_decision()
    }

    /// Decides `request`, or returns the condition keys that are needed to decide it.
    pub fn evaluate(&self, request: &Request<'_>) -> Evaluation {
        let state = self.state_of(request.principal());
        let recording = self.recording();
        let evaluation = self.answer_by(&state, &recording.noting(*request));
        match &evaluation {
            Evaluation::Decided(_) => recording.end(&state, request, &evaluation),
            Evaluation::Indeterminate(keys) => recording.end_undecided(&state, request, keys),
        }
        evaluation
    }

    /// Decides `request` with the policies in `state`, the current or an earlier state of this authorizer.
    pub(crate) fn answer_by(&self, state: &PolicyState, request: &Request<'_>) -> Evaluation {
        let request = &request.with_absence(&self.inner.absence);
        let evaluation = self.inner.evaluate(|| state.lease(), request);
        match &self.hooks {
            None => evaluation,
            Some(hooks) => hooks.apply(request, evaluation),
        }
    }

    /// Returns which rows of a table `request` is allowed for, by the policies in `state`; a denial if the policies of
    /// the principal are unavailable.
    pub(crate) fn constrain(
        &self,
        state: &PolicyState,
        request: &Request<'_>,
        columns: &Columns,
    ) -> Result<Result<Constraint, DeniedBy>, ListError> {
        if let Some(hooks) = &self.hooks {
            let undecided = Evaluation::Indeterminate(MissingKeys::none());
            match hooks.apply(request, undecided) {
                Evaluation::Decided(Decision::Allow(_)) => return Ok(Ok(Constraint::All)),
                Evaluation::Decided(Decision::Deny(_)) => return Ok(Ok(Constraint::Nothing)),
                Evaluation::Indeterminate(_) => {}
            }
        }
        if let Some(why) = self.inner.rejects_session(request.principal()) {
            return Ok(Err(DeniedBy::unavailable(why)));
        }
        let lease = state.lease();
        let known = request.with_absence(&self.inner.absence);
        let constrained =
            compiled::with_programs(lease.snapshot(), &known, self.scope(), |stack, request| {
                constrain_programs(stack, request, columns)
            });
        match constrained {
            Ok(Ok(constraint)) => constraint.map(Ok),
            Ok(Err(why)) => Ok(Err(DeniedBy::unavailable(why))),
            // Session policies that are too large to be compiled can still be visited one by one.
            Err(_) => self.inner.with_reference(
                &lease,
                request,
                |stack, request| constrain(stack, request, columns).map(Ok),
                |_, _, why| Ok(Err(DeniedBy::unavailable(why))),
            ),
        }
    }

    /// Explains the `evaluation` of `request` by the policies in `lease`, with a limited size and at a limited cost.
    pub(crate) fn explain_evaluation(
        &self,
        lease: &SnapshotGuard,
        request: &Request<'_>,
        evaluation: Evaluation,
    ) -> Explanation {
        let explain = |stack: &PolicyStack<'_>, request: &Request<'_>| {
            reference::explain_bounded(stack, request, evaluation.clone())
        };
        self.inner
            .with_reference(lease, request, explain, |stack, request, _| {
                explain(stack, request)
            })
    }

    /// Decides `request`, and reports for every statement of its principal's policies whether it matches and why.
    pub fn explain(&self, request: &Request<'_>) -> Explanation {
        self.inner.with_reference(
            &self.state_of(request.principal()).lease(),
            request,
            reference::explain,
            |stack, request, why| {
                reference::explain_answer(stack, request, Evaluation::unavailable(why))
            },
        )
    }

    /// Loads the policies again from the [source](AuthorizerBuilder::source). Decisions that start afterwards use the
    /// new policies. Decisions that start in the meantime use the old ones, without waiting.
    ///
    /// # Errors
    ///
    /// Fails if the policies come from an [asynchronous source](AuthorizerBuilder::async_source). Otherwise returns the
    /// errors of [`AuthorizerBuilder::build`]. The old policies then remain in use, **and all requests of
    /// users and roles whose policies cannot be read or have changed are denied**, because a policy that cannot be read
    /// or is not loaded may deny or limit access.
    ///
    /// - If single documents of a [`Directory`](crate::source::Directory) are invalid, all requests of users and roles
    ///   that have one of these documents, also as a boundary or through a group, are denied until a load succeeds.
    ///   [`SourceError::dependents`] returns these users and roles. The same applies to those whose other policies,
    ///   boundary, groups or tags differ from the loaded ones, and to those that are no longer attached: a removed user
    ///   must not keep access because an unrelated document is invalid. All others keep the policies that were loaded
    ///   last.
    /// - If the source does not know which users and roles an error concerns, for example an error in the attachments
    ///   file or in account details, all users and roles keep the policies that were loaded last. Denying all requests
    ///   would cause an outage whenever a file is incomplete while it is written. Access is never wider than with the
    ///   last readable policies.
    ///
    /// - If a `Deny` or a boundary uses a condition key [without a source](KeyWithoutSource), or does not agree with a
    ///   registered catalog, see [`CatalogMismatch`], or a [check](AuthorizerBuilder::check_changes) rejects the change,
    ///   the new policies are rejected, and all users and roles keep the policies that were loaded last.
    ///
    /// The error is only returned, not logged. Log it, raise an alert, and call this method again.
    ///
    /// ```
    /// # use pinpoint_iam::source::PolicyStore;
    /// # use pinpoint_iam::{Authorizer, Scope};
    /// # let authorizer = Authorizer::builder()
    /// #     .scope(Scope::new("aws", "us-east-1", "123456789012"))
    /// #     .source(PolicyStore::new())
    /// #     .build()?;
    /// if let Err(error) = authorizer.reload() {
    ///     eprintln!("the policies were not reloaded: {error}");
    /// }
    /// # Ok::<(), pinpoint_iam::BuildError>(())
    /// ```
    pub fn reload(&self) -> Result<(), BuildError> {
        if !self.inner.has_source() && self.inner.discards_loaded() {
            return Ok(());
        }
        let mut replacing = self.inner.states.replacing();
        let source = self.inner.source();
        let source = source.ok_or(BuildError::AsynchronousSource)?;
        // What the source returns was current when it was asked.
        let confirmed = Confirmed::at(self.inner.states.clock().now());
        let loaded = load(&*source, self.scope()).and_then(|store| {
            let loaded = Loaded {
                store,
                is_from_aws_account: source.is_from_aws_account(),
                checksum: None,
                revision: None,
                confirmed,
            };
            self.inner.adopt(&mut replacing, loaded)
        });
        loaded.map_err(|mut error| {
            if let BuildError::Source(fault) = &mut error {
                self.inner.refuse(fault);
                fault.remove_readable();
            }
            error
        })
    }

    /// Returns the condition keys that the current policies use and no source supplies, as far as they are not errors.
    ///
    /// With the feature `axum` or `actix` they were also logged as warnings when the policies were loaded.
    pub fn keys_without_source(&self) -> Vec<KeyWithoutSource> {
        let warnings = self.inner.warnings.lock();
        let warnings = warnings.unwrap_or_else(PoisonError::into_inner);
        warnings.keys.clone()
    }

    /// Returns the elements of the current policies that do not agree with the registered catalogs, as far as they are
    /// not errors, see [`AuthorizerBuilder::catalog_mismatches`].
    ///
    /// With the feature `axum` or `actix` they were also logged as warnings when the policies were loaded.
    pub fn catalog_mismatches(&self) -> Vec<CatalogMismatch> {
        let warnings = self.inner.warnings.lock();
        let warnings = warnings.unwrap_or_else(PoisonError::into_inner);
        warnings.mismatches.clone()
    }
}

/// Policies that a source has returned.
struct Loaded {
    store: PolicyStore,
    /// See [`PolicySource::is_from_aws_account`].
    is_from_aws_account: bool,
    /// The checksum of the files, if there are any.
    checksum: Option<Revision>,
    revision: Option<Revision>,
    confirmed: Confirmed,
}

impl Inner {
    /// Decides `request` by the policies that `lease` returns.
    fn evaluate(&self, lease: impl Fn() -> SnapshotGuard, request: &Request<'_>) -> Evaluation {
        if request.is_about_many_resources() {
            return self.evaluate_reference(&lease(), request);
        }
        if let Some(why) = self.rejects_session(request.principal()) {
            return Evaluation::unavailable(why);
        }
        match compiled::decide(lease(), request, &self.scope) {
            Ok(answer) => answer,
            // Session policies that are too large to be compiled can still be evaluated by the reference evaluator.
            Err(_) => self.evaluate_reference(&lease(), request),
        }
    }

    fn evaluate_reference(&self, lease: &SnapshotGuard, request: &Request<'_>) -> Evaluation {
        self.with_reference(lease, request, reference::decide, |_, _, why| {
            Evaluation::unavailable(why)
        })
    }

    fn with_reference<T>(
        &self,
        lease: &SnapshotGuard,
        request: &Request<'_>,
        ask: impl FnOnce(&PolicyStack<'_>, &Request<'_>) -> T,
        if_unavailable: impl FnOnce(&PolicyStack<'_>, &Request<'_>, Unavailable) -> T,
    ) -> T {
        let request = request
            .with_absence(&self.absence)
            .to_deployment(&self.scope);
        let rejected = self.rejects_session(request.principal());
        let snapshot = lease.snapshot();
        snapshot.with_policies(&request, |stack, request, why| match why.or(rejected) {
            Some(why) => if_unavailable(stack, request, why),
            None => ask(stack, request),
        })
    }

    /// Returns the source of [`Authorizer::reload`].
    fn source(&self) -> Option<Arc<dyn PolicySource>> {
        let source = self.source.lock();
        source.unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Whether the authorizer has a source of whole sets.
    fn has_source(&self) -> bool {
        #[cfg(feature = "refresh")]
        if self.refresh.is_some() {
            return true;
        }
        self.source().is_some()
    }

    /// Checks and compiles policies, and uses them from now on. After an error, the current policies stay in use.
    fn adopt(&self, replacing: &mut Replacing<'_>, loaded: Loaded) -> Result<(), BuildError> {
        let prepared = self.prepare(loaded)?;
        self.check_change(&prepared, Occasion::Call)?;
        self.commit(replacing, prepared);
        Ok(())
    }

    /// Without a source of principals, a set consists of all policies.
    #[cfg(not(feature = "on-demand"))]
    #[expect(clippy::unused_self, reason = "as with the feature `on-demand`")]
    fn compile_base(&self, store: PolicyStore) -> Result<Snapshot, BuildError> {
        compile(store)
    }

    /// Without a source of principals, nothing is loaded on demand.
    #[cfg(not(feature = "on-demand"))]
    #[expect(clippy::unused_self, reason = "as with the feature `on-demand`")]
    const fn discards_loaded(&self) -> bool {
        false
    }

    /// Denies all requests of users, roles and groups whose policies an erroneous source contains in another form than
    /// the current policies, or not readable.
    fn refuse(&self, fault: &SourceError) {
        let lease = self.states.current().lease();
        if let Some(readable) = fault.readable() {
            lease.snapshot().refuse_changed(readable);
        }
        for arn in fault.dependents().unwrap_or_default() {
            lease.snapshot().refuse(arn);
        }
        // They may depend on boundaries that cannot be read any more.
        self.discards_loaded();
    }

    /// Compares the policies with the catalogs and the sources of condition keys, and returns the warnings.
    /// `policies` contains each policy with the information whether it only limits access.
    fn check(
        &self,
        policies: &[(&Policy, bool)],
        is_from_aws_account: bool,
    ) -> Result<LoadWarnings, BuildError> {
        Ok(LoadWarnings {
            mismatches: self.check_against_catalogs(policies, is_from_aws_account)?,
            keys: self.check_keys(policies, is_from_aws_account)?,
        })
    }

    fn check_against_catalogs(
        &self,
        policies: &[(&Policy, bool)],
        is_from_aws_account: bool,
    ) -> Result<Vec<CatalogMismatch>, BuildError> {
        let default = match is_from_aws_account {
            true => MismatchLevel::Warn,
            false => MismatchLevel::RejectDisabledLimits,
        };
        let level = self.mismatch_level.unwrap_or(default);
        let mismatches = mismatches(policies, &self.absence, &self.supplied).into_iter();
        let (errors, warnings): (Vec<_>, Vec<_>) =
            mismatches.partition(|mismatch| level.rejects(mismatch));
        match errors.is_empty() {
            true => Ok(warnings),
            false => Err(BuildError::CatalogMismatches(CatalogMismatches(errors))),
        }
    }

    /// Returns the keys without a source about which to warn.
    fn check_keys(
        &self,
        policies: &[(&Policy, bool)],
        is_from_aws_account: bool,
    ) -> Result<Vec<KeyWithoutSource>, BuildError> {
        let sources = KeySources {
            absence: &self.absence,
            resources: &self.resource_keys,
            supplied: &self.supplied,
        };
        let only_warns = self.only_warns || is_from_aws_account;
        let (errors, warnings): (Vec<_>, Vec<_>) = sources
            .missing(policies)
            .into_iter()
            .partition(|key| !only_warns && key.is_in_deny() && !self.may_be_supplied(key));
        match errors.is_empty() {
            true => Ok(warnings),
            false => Err(BuildError::KeysWithoutSource(KeysWithoutSource(errors))),
        }
    }

    /// Whether the application may supply the key with every request.
    #[cfg(feature = "_web")]
    fn may_be_supplied(&self, key: &KeyWithoutSource) -> bool {
        !self.network.request_keys.is_empty() && key.may_come_with_requests()
    }

    #[cfg(not(feature = "_web"))]
    const fn may_be_supplied(&self, _: &KeyWithoutSource) -> bool {
        false
    }

    /// Logs and keeps the warnings of a load.
    fn keep(&self, warnings: LoadWarnings) {
        #[cfg(feature = "_web")]
        warnings.log();
        let mut kept = self.warnings.lock().unwrap_or_else(PoisonError::into_inner);
        *kept = warnings;
    }
}

impl Authorizer {
    /// Returns the number of calls of the [`ResourceTagSource`]. Decisions that do not need it are not counted and cost
    /// nothing.
    pub fn tag_fetches(&self) -> u64 {
        self.inner.tag_fetches.load(Ordering::Relaxed)
    }

    /// Returns the number of requests that got 503 because the [`ResourceTagSource`] failed.
    pub fn tag_failures(&self) -> u64 {
        self.inner.tag_failures.load(Ordering::Relaxed)
    }

    /// Returns the number of calls of sources of the keys of resources, see
    /// [`AuthorizerBuilder::resource_keys`]. A batch is one call.
    pub fn resource_key_fetches(&self) -> u64 {
        self.inner.key_fetches.load(Ordering::Relaxed)
    }

    /// Returns the number of requests that got 503 because a source of the keys of resources failed.
    pub fn resource_key_failures(&self) -> u64 {
        self.inner.key_failures.load(Ordering::Relaxed)
    }

    pub(crate) fn count_fetch(&self, origin: Origin) {
        let counter = match origin {
            Origin::Tags => &self.inner.tag_fetches,
            Origin::Type(_) => &self.inner.key_fetches,
        };
        counter.fetch_add(1, Ordering::Relaxed);
    }

    pub(crate) fn count_failure(&self, origin: Origin) {
        let counter = match origin {
            Origin::Tags => &self.inner.tag_failures,
            Origin::Type(_) => &self.inner.key_failures,
        };
        counter.fetch_add(1, Ordering::Relaxed);
    }

    /// The same authorizer with other hooks.
    #[cfg(feature = "testing")]
    pub(crate) fn with_hooks(&self, change: impl FnOnce(&mut DecisionHooks)) -> Self {
        let mut hooks = self.hooks.as_deref().cloned().unwrap_or_default();
        change(&mut hooks);
        Self {
            inner: Arc::clone(&self.inner),
            hooks: Some(Arc::new(hooks)),
        }
    }

    /// Returns the interpretation of keys without a value.
    pub(crate) fn absence(&self) -> &AbsenceRules {
        &self.inner.absence
    }

    /// Returns the policies for the requests of `principal`, without waiting.
    #[cfg(not(feature = "on-demand"))]
    #[inline]
    pub(crate) fn state_of(&self, _: &Principal) -> arc_swap::Guard<Arc<PolicyState>> {
        self.inner.states.current()
    }

    /// Returns the current policies, for a web request.
    #[cfg(all(feature = "_web", not(feature = "on-demand")))]
    pub(crate) fn state_before_look_up(&self) -> Arc<PolicyState> {
        self.inner.states.current_shared()
    }

    /// Returns the current and replaced policies.
    #[cfg(feature = "_web")]
    pub(crate) fn states(&self) -> &PolicyStates {
        &self.inner.states
    }

    /// The network around the service.
    #[cfg(feature = "_web")]
    pub(crate) fn network(&self) -> &NetworkConfig {
        &self.inner.network
    }

    pub(crate) fn resource_key_sources(&self) -> &ResourceKeySources {
        &self.inner.resource_keys
    }
}

impl fmt::Debug for Authorizer {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("Authorizer")
            .field("scope", &self.inner.scope)
            .field(
                "identities",
                &self.inner.states.current().lease().snapshot().len(),
            )
            .finish()
    }
}

/// Builds an [`Authorizer`].
#[derive(Default)]
pub struct AuthorizerBuilder {
    scope: Option<Scope>,
    source: Option<Box<dyn PolicySource>>,
    resource_keys: ResourceKeySources,
    error_responses: Arc<ErrorResponses>,
    absence: AbsenceRules,
    supplied: Vec<ConditionKey>,
    only_warns: bool,
    mismatch_level: Option<MismatchLevel>,
    changes: ChangeChecks,
    max_age: Option<Duration>,
    stale_after: Option<Duration>,
    serves_stale_forever: bool,
    clock: Option<Arc<dyn Clock>>,
    #[cfg(feature = "refresh")]
    refresh: RefreshSettings,
    #[cfg(feature = "on-demand")]
    on_demand: OnDemandSettings,
    #[cfg(feature = "_web")]
    network: NetworkConfig,
    #[cfg(feature = "decision-log")]
    decision_log: Option<DecisionLog>,
}

impl AuthorizerBuilder {
    /// Sets the partition, region and account of the deployment's resources.
    #[must_use]
    pub fn scope(mut self, scope: Scope) -> Self {
        self.scope = Some(scope);
        self
    }

    /// Sets the source of the policies.
    #[must_use]
    pub fn source(mut self, source: impl PolicySource + 'static) -> Self {
        self.source = Some(Box::new(source));
        self
    }

    /// Sets the source of resource tags. Without it, requests that depend on such a tag are denied.
    #[must_use]
    pub fn resource_tags(mut self, source: impl ResourceTagSource) -> Self {
        self.resource_keys.set_tags(source);
        self
    }

    /// Sets the source of the condition keys of one resource type: a closure that returns the keys of one resource.
    ///
    /// It is called only if a decision depends on one of the keys, and at most once for each request and resource. Tags
    /// are one of the keys if the catalog lists them for the resource type; then the source of
    /// [`resource_tags`](Self::resource_tags) is not called for resources of this type. An error causes a 503, and
    /// [`Authorizer::resource_key_failures`] counts it.
    ///
    /// ```
    /// use pinpoint_iam::Authorizer;
    /// use pinpoint_iam::mobiletargeting::{App, AppKeys};
    ///
    /// # async fn tags_of(_: &str) -> Result<Vec<(String, String)>, std::io::Error> { Ok(Vec::new()) }
    /// let builder = Authorizer::builder().resource_keys(|app: App| async move {
    ///     let tags = tags_of(app.application_id()).await?;
    ///     Ok(AppKeys { tags: tags.into_iter().collect() })
    /// });
    /// # drop(builder);
    /// ```
    #[must_use]
    pub fn resource_keys<R, F, T>(self, keys: F) -> Self
    where
        R: KeyedResource,
        F: Fn(R) -> T + Send + Sync + 'static,
        T: Future<Output = Result<R::Keys, KeysUnavailable>> + Send + 'static,
    {
        self.resource_key_source::<R>(OneByOne(keys))
    }

    /// Like [`resource_keys`](Self::resource_keys), with a closure that returns the keys of several resources, for
    /// example with one query.
    ///
    /// The closure returns each resource with its keys, in any order. The keys of a resource that it does not return, or
    /// returns more than once, are unknown: requests that depend on them are denied.
    #[must_use]
    pub fn resource_keys_batch<R, F, T, I>(self, keys: F) -> Self
    where
        R: KeyedResource,
        F: Fn(Vec<R>) -> T + Send + Sync + 'static,
        T: Future<Output = Result<I, KeysUnavailable>> + Send + 'static,
        I: IntoIterator<Item = (R, R::Keys)> + 'static,
    {
        self.resource_key_source::<R>(Batch(keys))
    }

    /// Sets the source of the condition keys of one resource type, for a source that depends on the scope of the
    /// request, for example because ids are unique only within a tenant.
    #[must_use]
    pub fn resource_key_source<R: KeyedResource>(
        mut self,
        source: impl ResourceKeySource<R>,
    ) -> Self {
        self.resource_keys.set(source);
        self
    }

    /// Registers the catalog of one of the application's services, such as `&archive::SERVICE`. The built-in catalogs are
    /// registered already.
    ///
    /// A condition key of a registered service is unknown if it has no value and the service defines it for the requested
    /// action: a `Deny` that tests it matches, an `Allow` does not. The same applies to a key with the prefix of the
    /// service that its catalog does not define. Otherwise a key that the application forgets to supply would disable a
    /// `Deny`. Keys without a value are absent if they belong to a service without a registered catalog, or if the
    /// service never sends them for the requested action.
    ///
    /// Policies are compared with the registered catalogs when they are loaded, see
    /// [`catalog_mismatches`](Self::catalog_mismatches).
    ///
    /// To supply a value, use [`resource_keys`](Self::resource_keys) for keys of a resource, and
    /// [`request_keys`](Self::request_keys) for keys of the request. To declare that a key has none, use
    /// [`absent`](Self::absent) or [`outside_aws`](Self::outside_aws).
    #[must_use]
    pub fn catalog(mut self, service: &'static ServiceMetadata) -> Self {
        self.absence.register(service);
        self
    }

    /// Declares that the service does not run on AWS.
    ///
    /// Keys that only requests inside AWS can have are then absent, such as `aws:SourceVpc` and `aws:CalledVia`, and
    /// `aws:ViaAWSService` is false. The guide has a table of all global keys. Without this preset they are unknown
    /// unless the application supplies them or declares them [absent](Self::absent).
    #[must_use]
    pub fn outside_aws(mut self) -> Self {
        self.absence.declare_outside_aws();
        self
    }

    /// Declares that these condition keys are absent if they have no value, see [`catalog`](Self::catalog). A name that
    /// ends in `/` stands for all keys with this prefix.
    #[must_use]
    pub fn absent<'k>(mut self, keys: impl IntoIterator<Item = &'k str>) -> Self {
        for key in keys {
            self.absence.declare_absent(key);
        }
        self
    }

    /// Declares that the application supplies these condition keys: with [`request_keys`](Self::request_keys), with
    /// [`Principal::with_key`](crate::Principal::with_key), in the attribute of a handler, or in the context of a
    /// [guard](Authorizer::guard).
    ///
    /// [`build`](Self::build) cannot see this, and otherwise reports the keys. The declaration does not change
    /// decisions: a key that is not supplied after all is unknown. A name that ends in `/` stands for all keys with this
    /// prefix.
    #[must_use]
    pub fn supplied<'k>(mut self, keys: impl IntoIterator<Item = &'k str>) -> Self {
        self.supplied
            .extend(keys.into_iter().map(ConditionKey::new));
        self
    }

    /// Makes [`build`](Self::build) and [`reload`](Authorizer::reload) only warn about condition keys
    /// [without a source](KeyWithoutSource), even if a `Deny` uses them.
    #[must_use]
    pub fn warn_about_keys_without_source(mut self) -> Self {
        self.only_warns = true;
        self
    }

    /// Sets which mismatches between the policies and the registered catalogs are errors of [`build`](Self::build) and
    /// [`reload`](Authorizer::reload): actions that do not exist, ARNs on which no action of their statement acts, and
    /// condition keys that the service does not define or that no action of the statement has.
    ///
    /// The default is [`MismatchLevel::RejectDisabledLimits`], because such a mismatch in a `Deny` means that it denies
    /// less than it appears to. For the policies of an [AWS account](PolicySource::is_from_aws_account), which AWS has
    /// accepted, it is [`MismatchLevel::Warn`]. [`Authorizer::catalog_mismatches`] returns the warnings.
    ///
    /// The level also applies to session policies, which are compared with the catalogs when their principal makes its
    /// first request; see [`Authorizer::check_session`].
    ///
    /// A condition key that no catalog defines is not reported if it is declared [absent](Self::absent) or
    /// [`supplied`](Self::supplied).
    #[must_use]
    pub const fn catalog_mismatches(mut self, level: MismatchLevel) -> Self {
        self.mismatch_level = Some(level);
        self
    }

    /// Loads the policies.
    ///
    /// The policies are compared with the registered [catalogs](Self::catalog), see
    /// [`catalog_mismatches`](Self::catalog_mismatches).
    ///
    /// Condition keys that the policies use and no source supplies are reported, see [`KeyWithoutSource`]: as an error if
    /// a `Deny` or a permissions boundary uses one, because it would deny requests that it should not deny, and otherwise
    /// as a [warning](Authorizer::keys_without_source). They are only warnings if the policies are from an
    /// [AWS account](PolicySource::is_from_aws_account), and for keys that
    /// [`request_keys`](Self::request_keys), if called, may supply.
    ///
    /// With the feature `axum` or `actix`, the [lints](crate::policy::Document::lints) of all policies of users and
    /// roles are logged as warnings.
    ///
    /// # Errors
    ///
    /// Fails if the scope or the source is missing, if the transport comes from proxies but none is trusted, if the
    /// scope is not valid in ARNs, if the source has an error, if a `Deny` or a boundary does not agree with a catalog or
    /// uses a condition key without a source, or if a key is declared [absent](Self::absent) that [`resource_keys`](Self::resource_keys) supplies.
    pub fn build(self) -> Result<Authorizer, BuildError> {
        #[cfg(feature = "refresh")]
        if self.refresh.has_source() {
            return Err(BuildError::AsynchronousSource);
        }
        let inner = self.assemble(None)?;
        let confirmed = Confirmed::at(inner.states.clock().now());
        let (store, is_from_aws_account) = match inner.source() {
            Some(source) => (load(&*source, &inner.scope)?, source.is_from_aws_account()),
            #[cfg(feature = "on-demand")]
            None if inner.on_demand.is_some() => (PolicyStore::new(), false),
            None => return Err(BuildError::NoSource),
        };
        #[cfg(feature = "_web")]
        store.log_lints();
        let loaded = Loaded {
            store,
            is_from_aws_account,
            checksum: None,
            revision: None,
            confirmed,
        };
        inner.adopt(&mut inner.states.replacing(), loaded)?;
        Ok(Authorizer {
            inner: Arc::new(inner),
            hooks: None,
        })
    }

    /// Checks the settings, and creates an authorizer without policies, which denies all requests. `stale_after` is the
    /// default for the age at which policies are stale.
    fn assemble(mut self, stale_after: Option<Duration>) -> Result<Inner, BuildError> {
        let scope = self.scope.take().ok_or(BuildError::NoScope)?;
        scope.check_deployment().map_err(BuildError::Scope)?;
        #[cfg(feature = "_web")]
        if self.network.lacks_trusted_proxies() {
            return Err(BuildError::NoTrustedProxies);
        }
        let timing = self.timing(stale_after)?;
        let mut absence = self.absence;
        for service in built_in_catalogs() {
            absence.register_built_in(service);
        }
        if let Some(key) = contradiction(&absence, &self.resource_keys) {
            return Err(BuildError::AbsentKeyWithSource(key));
        }
        let states = PolicyStates::new(timing);
        Ok(Inner {
            id: session::next_id(),
            #[cfg(feature = "on-demand")]
            on_demand: OnDemand::new(self.on_demand, &states),
            scope,
            source: Mutex::new(self.source.map(Arc::from)),
            #[cfg(feature = "refresh")]
            refresh: self.refresh.into_refresh(),
            states,
            resource_keys: self.resource_keys,
            key_fetches: AtomicU64::new(0),
            key_failures: AtomicU64::new(0),
            tag_fetches: AtomicU64::new(0),
            tag_failures: AtomicU64::new(0),
            error_responses: self.error_responses,
            absence,
            supplied: self.supplied,
            only_warns: self.only_warns,
            mismatch_level: self.mismatch_level,
            changes: self.changes,
            warnings: Mutex::default(),
            #[cfg(feature = "_web")]
            network: self.network,
            #[cfg(feature = "decision-log")]
            decision_log: self.decision_log,
        })
    }
}

/// Logs mismatches that are warnings.
#[cfg(any(feature = "_web", feature = "on-demand"))]
fn log_mismatches(mismatches: &[CatalogMismatch]) {
    for mismatch in mismatches {
        tracing::warn!("{mismatch}");
    }
}

/// A key that was declared absent, and has a source.
fn contradiction(absence: &AbsenceRules, sources: &ResourceKeySources) -> Option<String> {
    let names = sources
        .resource_types()
        .flat_map(|resource_type| resource_type.condition_keys);
    let mut keys = names.map(|name| ConditionKey::new(name));
    let key = keys.find(|key| {
        let mut declared = absence.declared_absent();
        declared.any(|declared| covers(declared, key) || is_named(key.folded(), declared.folded()))
    })?;
    Some(key.as_str().to_owned())
}

fn load(source: &dyn PolicySource, scope: &Scope) -> Result<PolicyStore, BuildError> {
    source.load_in(scope).map_err(BuildError::Source)
}

fn compile(store: PolicyStore) -> Result<Snapshot, BuildError> {
    Snapshot::of(store, &built_in_services()).map_err(BuildError::TooLarge)
}

/// The tables of the built-in services. Those of other services are created by their first request.
fn built_in_services() -> Vec<Arc<ActionNames>> {
    let names = built_in_catalogs().into_iter().map(ActionNames::of);
    names.map(Arc::new).collect()
}

/// The services whose catalogs are built in.
fn built_in_catalogs() -> Vec<&'static ServiceMetadata> {
    vec![
        #[cfg(feature = "pinpoint")]
        &crate::mobiletargeting::SERVICE,
        #[cfg(feature = "pinpoint")]
        &crate::mobileanalytics::SERVICE,
        #[cfg(feature = "sms-voice")]
        &crate::sms_voice::SERVICE,
    ]
}

/// The error of building an authorizer.
#[derive(Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum BuildError {
    /// The scope is missing.
    NoScope,
    /// The source is missing.
    NoSource,
    /// The transport is taken from proxies, but no proxy is trusted.
    NoTrustedProxies,
    /// The scope is not valid in ARNs.
    Scope(InvalidScope),
    /// The policies could not be loaded.
    Source(SourceError),
    /// Elements of the policies do not agree with the registered catalogs.
    CatalogMismatches(CatalogMismatches),
    /// A `Deny` or a permissions boundary uses condition keys that no source supplies.
    KeysWithoutSource(KeysWithoutSource),
    /// This key was declared absent, and has a source.
    AbsentKeyWithSource(String),
    /// The policies were loaded, but are too large to be compiled.
    TooLarge(TooLarge),
    /// [Checks](AuthorizerBuilder::check_changes) reject the policies.
    ChangeRejected(RejectedChange),
    /// The [last good set](AuthorizerBuilder::last_good), with which [checks](AuthorizerBuilder::check_changes) compare the
    /// first policies, cannot be used.
    NoComparison(SourceError),
    /// [`max_age`](AuthorizerBuilder::max_age) and [`serve_stale_forever`](AuthorizerBuilder::serve_stale_forever) were
    /// both called.
    ContradictoryMaxAge,
    /// An asynchronous source needs [`max_age`](AuthorizerBuilder::max_age) or
    /// [`serve_stale_forever`](AuthorizerBuilder::serve_stale_forever).
    NoMaxAge,
    /// The policies would expire between two polls of the source.
    MaxAgeTooShort {
        /// The value of [`max_age`](AuthorizerBuilder::max_age).
        max_age: Duration,
        /// The longest time between two confirmations of a source that works: a poll interval and the time for a fetch.
        needed: Duration,
    },
    /// The policies come from an asynchronous source, with which this method does not work.
    AsynchronousSource,
    /// The thread of the clock cannot be started; the text is the operating system's error.
    Clock(String),
    /// The source has an error, and the last good set of policies cannot be used in its place.
    LastGood {
        /// The error of the source.
        source: Box<BuildError>,
        /// The error of the last good set.
        last_good: Box<BuildError>,
    },
}

impl fmt::Display for BuildError {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NoScope => formatter.write_str("the authorizer has no scope: call `scope`"),
            Self::NoSource => formatter.write_str("the authorizer has no policies: call `source`"),
            Self::NoTrustedProxies => formatter
                .write_str("`Transport::FromProxy` needs trusted proxies: call `trusted_proxies`"),
            Self::Scope(error) => error.fmt(formatter),
            Self::Source(error) => error.fmt(formatter),
            Self::CatalogMismatches(mismatches) => mismatches.fmt(formatter),
            Self::KeysWithoutSource(keys) => keys.fmt(formatter),
            Self::AbsentKeyWithSource(key) => write!(
                formatter,
                "`absent` declares the condition key {}, and `resource_keys` supplies it: remove one of them",
                Quoted(key)
            ),
            Self::TooLarge(error) => error.fmt(formatter),
            Self::ChangeRejected(rejected) => rejected.fmt(formatter),
            Self::NoComparison(error) => write!(
                formatter,
                "the first policies cannot be compared with the last good set: {error}; to start without the \
                 comparison, remove the file"
            ),
            Self::ContradictoryMaxAge => formatter.write_str(
                "`max_age` and `serve_stale_forever` contradict each other: remove one of them",
            ),
            Self::NoMaxAge => formatter.write_str(
                "an asynchronous source may be unavailable for any time: call `max_age`, after which requests are \
                 denied, or `serve_stale_forever`",
            ),
            Self::MaxAgeTooShort { max_age, needed } => write!(
                formatter,
                "`max_age` is {max_age:?}, but a poll and its fetch may take {needed:?}, so that the policies would \
                 expire in between: raise `max_age`, or lower `poll_interval` or `fetch_timeout`"
            ),
            Self::AsynchronousSource => formatter.write_str(
                "the policies come from an asynchronous source: use `build_async` in place of `build`, and `refresh` in \
                 place of `reload` and `replace`",
            ),
            Self::Clock(error) => write!(formatter, "the thread of the clock cannot be started: {error}"),
            Self::LastGood { source, last_good } => write!(
                formatter,
                "{source}; the last good set cannot be used: {last_good}"
            ),
        }
    }
}

impl fmt::Debug for BuildError {
    /// Uses the `Display` text, because `unwrap` and `main` print errors with `Debug`.
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, formatter)
    }
}

impl std::error::Error for BuildError {}
