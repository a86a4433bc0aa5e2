//! The authorizer: the loaded policies of a deployment.

mod aging;
mod build_error;
mod builder;
mod catalog_check;
pub mod change;
mod hooks;
mod key_sources;
#[cfg(feature = "metrics")]
mod measuring;
mod observing;
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
use std::sync::{Arc, Mutex, OnceLock, PoisonError};

use crate::absence::AbsenceRules;
use crate::action::ServiceMetadata;
use crate::arn::Scope;
use crate::context::ConditionKey;
#[cfg(feature = "decision-log")]
use crate::decision_log::DecisionLog;
use crate::denial::ErrorResponses;
use crate::eval::compiled::{self, CallerPrograms};
use crate::eval::snapshot::{Snapshot, SnapshotGuard, Unavailable};
use crate::eval::{
    Decision, DeniedBy, Evaluation, Explanation, MissingKeys, PolicyStack, reference,
};
use crate::freshness::Revision;
use crate::list::{Columns, Constraint, ConstraintCache, ListError, constrain};
use crate::policy_stack::Policy;
use crate::principal::Principal;
use crate::program::ActionNames;
use crate::request::{Deployment, Request};
use crate::source::resource_keys::{Origin, ResourceKeySources};
use crate::source::{PolicySource, PolicyStore, SourceError};
use crate::states::{Confirmed, PolicyState, PolicyStates, Replacing};
#[cfg(feature = "_web")]
use crate::web_context::NetworkConfig;

pub(crate) use hooks::DecisionHooks;

pub use self::build_error::BuildError;
pub use self::builder::AuthorizerBuilder;
use self::catalog_check::mismatches;
pub use self::catalog_check::{CatalogMismatch, CatalogMismatches, MismatchLevel};
use self::change::{ChangeChecks, Occasion};
use self::key_sources::KeySources;
pub use self::key_sources::{KeyWithoutSource, KeysWithoutSource};
#[cfg(feature = "metrics")]
use self::measuring::Metrics;
#[cfg(feature = "on-demand")]
use self::on_demand::OnDemand;
#[cfg(feature = "on-demand")]
pub use self::on_demand::{Invalidator, PrincipalCache, PrincipalCacheCounts};
pub(crate) use self::recording::ListOf;
#[cfg(feature = "refresh")]
use self::refresh::Refresh;
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
    constraints: ConstraintCache,
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
    #[cfg(feature = "metrics")]
    metrics: Option<Metrics>,
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
        let evaluation = self.answer_by(&state, &recording.noting(request));
        recording.end(&state, request, &evaluation);
        evaluation.into_decision()
    }

    /// Decides `request`, or returns the condition keys that are needed to decide it.
    pub fn evaluate(&self, request: &Request<'_>) -> Evaluation {
        let state = self.state_of(request.principal());
        let recording = self.recording();
        let evaluation = self.answer_by(&state, &recording.noting(request));
        match &evaluation {
            Evaluation::Decided(_) => recording.end(&state, request, &evaluation),
            Evaluation::Indeterminate(keys) => recording.end_undecided(&state, request, keys),
        }
        evaluation
    }

    /// Decides `request` with the policies in `state`, the current or an earlier state of this authorizer.
    pub(crate) fn answer_by(&self, state: &Arc<PolicyState>, request: &Request<'_>) -> Evaluation {
        let evaluation = self.inner.evaluate(|| state.lease(), request);
        match &self.hooks {
            None => evaluation,
            Some(hooks) => hooks.apply(&request.with_absence(&self.inner.absence), evaluation),
        }
    }

    /// Returns the programs of `principal`, with which many of its requests can be decided without a reason; `None` if
    /// [`answer_by`](Self::answer_by) has to decide each of them.
    pub(crate) fn programs_for_list<'a>(
        &'a self,
        lease: &'a SnapshotGuard,
        principal: &'a Principal,
    ) -> Option<CallerPrograms<'a>> {
        if self.hooks.is_some() || self.inner.rejects_session(principal).is_some() {
            return None;
        }
        let deployment = self.inner.deployment();
        CallerPrograms::of(lease.snapshot(), principal, deployment)
            .ok()?
            .ok()
    }

    /// Returns which rows of a table `request` is allowed for, by the policies in `state`; a denial if the policies of
    /// the principal are unavailable.
    pub(crate) fn constrain(
        &self,
        state: &Arc<PolicyState>,
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
        let deployment = self.inner.deployment();
        let programs = CallerPrograms::of(lease.snapshot(), request.principal(), deployment);
        let constrained = programs.map(|programs| {
            programs.map(|programs| {
                let constraints = &self.inner.constraints;
                let request = programs.decided(request);
                constraints.constrain_programs(&programs.stack(), &request, columns)
            })
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
        self.inner.count_load(loaded.is_ok());
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
        match compiled::decide(lease(), request, self.deployment()) {
            Ok(answer) => answer,
            // Session policies that are too large to be compiled can still be evaluated by the reference evaluator.
            Err(_) => self.evaluate_reference(&lease(), request),
        }
    }

    /// What the authorizer adds to requests.
    const fn deployment(&self) -> Deployment<'_> {
        Deployment {
            scope: &self.scope,
            absence: Some(&self.absence),
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
        let rejected = self.rejects_session(request.principal());
        let snapshot = lease.snapshot();
        let deployment = self.deployment();
        snapshot.with_policies(request, deployment, |stack, request, why| {
            match why.or(rejected) {
                Some(why) => if_unavailable(stack, request, why),
                None => ask(stack, request),
            }
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

    /// Without metrics, calls of `reload` and `replace` are not counted.
    #[cfg(not(feature = "metrics"))]
    #[expect(clippy::unused_self, reason = "as with the feature `metrics`")]
    const fn count_load(&self, _: bool) {}

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
    /// Returns the number of calls of the source of [resource tags](AuthorizerBuilder::resource_tags). Decisions that do
    /// not need it are not counted and cost nothing.
    pub fn tag_fetches(&self) -> u64 {
        self.inner.tag_fetches.load(Ordering::Relaxed)
    }

    /// Returns the number of requests that got 503 because the source of resource tags failed.
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

/// Logs mismatches that are warnings.
#[cfg(any(feature = "_web", feature = "on-demand"))]
fn log_mismatches(mismatches: &[CatalogMismatch]) {
    for mismatch in mismatches {
        tracing::warn!("{mismatch}");
    }
}

fn load(source: &dyn PolicySource, scope: &Scope) -> Result<PolicyStore, BuildError> {
    source.load_in(scope).map_err(BuildError::Source)
}

fn compile(store: PolicyStore) -> Result<Snapshot, BuildError> {
    Snapshot::of(store, &built_in_services()).map_err(BuildError::TooLarge)
}

/// The tables of the built-in services, which all policies share. Those of other services are created by their first
/// request.
fn built_in_services() -> Vec<Arc<ActionNames>> {
    static SERVICES: OnceLock<Vec<Arc<ActionNames>>> = OnceLock::new();
    let create = || {
        let names = built_in_catalogs().into_iter().map(ActionNames::of);
        names.map(Arc::new).collect()
    };
    SERVICES.get_or_init(create).clone()
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
