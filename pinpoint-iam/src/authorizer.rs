//! The authorizer: the policies of a deployment, ready to decide.

use std::fmt;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use crate::arn::{InvalidScope, Scope};
use crate::context::Context;
use crate::eval::compiled::{self, ActionNames, Snapshot, TooLarge};
use crate::eval::{Decision, Evaluation, Explanation, PolicyStack, reference};
use crate::guard::{Guard, ResourceTagSource};
use crate::principal::Principal;
use crate::request::Request;
use crate::source::{PolicySource, PolicyStore, SourceError};
use crate::states::{Pinned, PolicyState, PolicyStates};
#[cfg(feature = "testing")]
use crate::testing::DecisionOverride;
use crate::web::settings::WebConfig;
use crate::{mobileanalytics, mobiletargeting};

/// Decides requests by the policies of one deployment. Cheap to clone.
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
pub struct Authorizer(
    Arc<Inner>,
    /// What stands in front of the policies in a test.
    #[cfg(feature = "testing")]
    DecisionOverride,
);

struct Inner {
    scope: Scope,
    source: Box<dyn PolicySource>,
    states: PolicyStates,
    resource_tags: Option<Box<dyn ResourceTagSource>>,
    tag_fetches: AtomicU64,
    tag_failures: AtomicU64,
    web: WebConfig,
}

impl Authorizer {
    /// Starts an authorizer.
    pub fn builder() -> AuthorizerBuilder {
        AuthorizerBuilder::default()
    }

    /// The partition, region and account that the deployment's resources stand in.
    ///
    /// Where tenants are accounts it has no account: see [`Guard::in_scope`].
    pub fn scope(&self) -> &Scope {
        &self.0.scope
    }

    /// Decides `request` by the policies of its principal.
    ///
    /// A resource that does not tell its account, such as `*`, belongs to the account of the request's scope or, where the
    /// request has none, of the authorizer's [scope](Self::scope).
    ///
    /// A decision that depends on keys which the context calls unknown is a refusal; [`answer`](Self::answer) tells
    /// which keys.
    pub fn decide(&self, request: &Request<'_>) -> Decision {
        self.evaluate(request).into_decision()
    }

    /// Decides `request`, or says which condition keys are needed to decide it.
    pub fn evaluate(&self, request: &Request<'_>) -> Evaluation {
        self.answer_by(&self.0.states.current(), request)
    }

    /// Decides `request` by policies that were this authorizer's at some time.
    pub(crate) fn answer_by(&self, state: &PolicyState, request: &Request<'_>) -> Evaluation {
        let answer = self.evaluate_compiled(state, request);
        #[cfg(feature = "testing")]
        let answer = self.1.answer(request, answer);
        answer
    }

    fn evaluate_compiled(&self, state: &PolicyState, request: &Request<'_>) -> Evaluation {
        if request.is_about_many_resources() {
            return self.evaluate_reference(state, request);
        }
        match compiled::decide(state.lease(), request, self.scope()) {
            Ok(answer) => answer,
            // Session policies that cannot be indexed can still be read.
            Err(_) => self.evaluate_reference(state, request),
        }
    }

    /// Decides `request` and says of every statement of its principal's policies whether it matched, and why.
    pub fn explain(&self, request: &Request<'_>) -> Explanation {
        self.with_reference(
            &self.0.states.current(),
            request,
            reference::explain,
            |stack, request| {
                reference::explain_answer(stack, request, Evaluation::POLICIES_UNAVAILABLE)
            },
        )
    }

    /// Reads the policies again from the [source](AuthorizerBuilder::source). Decisions that come after it are made by
    /// them; those that are being made meanwhile are made by the old ones, without waiting.
    ///
    /// # Errors
    ///
    /// As [`AuthorizerBuilder::build`]. Then the policies stay as they are, **and everything is denied to users and roles
    /// whose policies cannot be read or have changed**: what cannot be read, or is not loaded, may take a right away.
    ///
    /// - Where single documents of a [`Directory`](crate::source::Directory) are faulty, all users and roles that have one
    ///   of them are denied everything, the boundary and what comes by way of a group included, until a later
    ///   load succeeds. [`SourceError::dependents`] returns them. So are those whose other policies, boundary, groups or tags
    ///   differ from what is loaded, and those that are not attached any more: a user who was removed must not keep access
    ///   because an unrelated document is faulty. Everybody else keeps the policies that were loaded last.
    /// - Where the source cannot tell whom a fault concerns, as with the attachments file or an account's details,
    ///   everybody keeps the policies that were loaded last. Refusing everybody would make an outage of every file that is
    ///   being written, and nobody gets more than the last policies that could be read gave.
    ///
    /// The error is told to nobody else. Log it, raise an alarm, and call again.
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
        let replacing = self.0.states.replacing();
        let loaded = load(&*self.0.source, self.scope()).and_then(compile);
        match loaded {
            Ok(snapshot) => {
                replacing.replace(snapshot);
                Ok(())
            }
            Err(mut error) => {
                if let BuildError::Source(fault) = &mut error {
                    let lease = self.0.states.current().lease();
                    if let Some(readable) = fault.take_readable() {
                        lease.snapshot().refuse_changed(&readable);
                    }
                    for arn in fault.dependents().unwrap_or_default() {
                        lease.snapshot().refuse(arn);
                    }
                }
                Err(error)
            }
        }
    }

    fn evaluate_reference(&self, state: &PolicyState, request: &Request<'_>) -> Evaluation {
        self.with_reference(state, request, reference::decide, |_, _| {
            Evaluation::POLICIES_UNAVAILABLE
        })
    }

    fn with_reference<T>(
        &self,
        state: &PolicyState,
        request: &Request<'_>,
        ask: impl FnOnce(&PolicyStack<'_>, &Request<'_>) -> T,
        if_unavailable: impl FnOnce(&PolicyStack<'_>, &Request<'_>) -> T,
    ) -> T {
        let request = request.to_deployment(self.scope());
        let lease = state.lease();
        let identity = lease.snapshot().identity(request.principal());
        let policies = identity.policies();
        let principal = policies.enrich(request.principal());
        let request = request.of(&principal, policies.tags());
        let stack = policies.stack(&principal);
        if identity.is_unavailable() {
            if_unavailable(&stack, &request)
        } else {
            ask(&stack, &request)
        }
    }

    /// A guard for the checks of one request.
    ///
    /// It decides all of them by the policies that are loaded now, see [`Guard`].
    pub fn guard<'a>(&'a self, principal: &'a Principal, context: &'a Context) -> Guard<'a> {
        Guard::new(
            self,
            Pinned::Own(self.0.states.current()),
            principal,
            context,
        )
    }
}

impl Authorizer {
    /// How often the [`ResourceTagSource`] was asked. Decisions that did without it are not counted, and cost nothing.
    pub fn tag_fetches(&self) -> u64 {
        self.0.tag_fetches.load(Ordering::Relaxed)
    }

    pub(crate) fn count_tag_fetch(&self) {
        self.0.tag_fetches.fetch_add(1, Ordering::Relaxed);
    }

    /// How many requests were answered 503 because the [`ResourceTagSource`] failed.
    pub fn tag_failures(&self) -> u64 {
        self.0.tag_failures.load(Ordering::Relaxed)
    }

    pub(crate) fn count_tag_failure(&self) {
        self.0.tag_failures.fetch_add(1, Ordering::Relaxed);
    }

    /// The same authorizer with another stand-in for its policies.
    #[cfg(feature = "testing")]
    pub(crate) fn with_double(&self, change: impl FnOnce(&mut DecisionOverride)) -> Self {
        let mut double = self.1.clone();
        change(&mut double);
        Self(Arc::clone(&self.0), double)
    }

    /// The policies from load to load.
    #[cfg(any(feature = "axum", feature = "actix"))]
    pub(crate) fn states(&self) -> &PolicyStates {
        &self.0.states
    }

    pub(crate) fn web(&self) -> &WebConfig {
        &self.0.web
    }

    pub(crate) fn resource_tag_source(&self) -> Option<&dyn ResourceTagSource> {
        self.0.resource_tags.as_deref()
    }
}

impl fmt::Debug for Authorizer {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("Authorizer")
            .field("scope", &self.0.scope)
            .field(
                "identities",
                &self.0.states.current().lease().snapshot().len(),
            )
            .finish()
    }
}

/// Puts an [`Authorizer`] together.
#[derive(Default)]
pub struct AuthorizerBuilder {
    scope: Option<Scope>,
    source: Option<Box<dyn PolicySource>>,
    resource_tags: Option<Box<dyn ResourceTagSource>>,
    pub(crate) web: WebConfig,
}

impl AuthorizerBuilder {
    /// Sets the partition, region and account that the deployment's resources stand in.
    #[must_use]
    pub fn scope(mut self, scope: Scope) -> Self {
        self.scope = Some(scope);
        self
    }

    /// Sets where the policies come from.
    #[must_use]
    pub fn source(mut self, source: impl PolicySource + 'static) -> Self {
        self.source = Some(Box::new(source));
        self
    }

    /// Sets where the tags of resources come from. Without it, what depends on such a tag is refused.
    #[must_use]
    pub fn resource_tags(mut self, source: impl ResourceTagSource) -> Self {
        self.resource_tags = Some(Box::new(source));
        self
    }

    /// Loads the policies.
    ///
    /// With the feature `axum` or `actix`, the [lints](crate::policy::Document::lints) of all policies that users and roles have
    /// are logged as warnings.
    ///
    /// # Errors
    ///
    /// When scope or source are missing, or the proxies that tell the transport; when the scope cannot stand in ARNs, or the source has a fault.
    pub fn build(self) -> Result<Authorizer, BuildError> {
        let scope = self.scope.ok_or(BuildError::NoScope)?;
        scope.check_deployment().map_err(BuildError::Scope)?;
        let source = self.source.ok_or(BuildError::NoSource)?;
        self.web.check()?;
        let store = load(&*source, &scope)?;
        #[cfg(any(feature = "axum", feature = "actix"))]
        store.log_lints();
        let snapshot = compile(store)?;
        let inner = Arc::new(Inner {
            scope,
            source,
            states: PolicyStates::new(snapshot),
            resource_tags: self.resource_tags,
            tag_fetches: AtomicU64::new(0),
            tag_failures: AtomicU64::new(0),
            web: self.web,
        });
        Ok(Authorizer(
            inner,
            #[cfg(feature = "testing")]
            DecisionOverride::default(),
        ))
    }
}

fn load(source: &dyn PolicySource, scope: &Scope) -> Result<PolicyStore, BuildError> {
    source.load_in(scope).map_err(BuildError::Source)
}

fn compile(store: PolicyStore) -> Result<Snapshot, BuildError> {
    Snapshot::of(store, &built_in_services()).map_err(BuildError::TooLarge)
}

/// The services whose catalogs come with this crate. The tables of others are made with their first request.
fn built_in_services() -> [Arc<ActionNames>; 2] {
    [&mobiletargeting::SERVICE, &mobileanalytics::SERVICE]
        .map(|service| Arc::new(ActionNames::of(service)))
}

/// Why an authorizer could not be built.
#[derive(Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum BuildError {
    /// No scope was given.
    NoScope,
    /// No source was given.
    NoSource,
    /// The transport is as proxies say, and no proxy is trusted.
    NoTrustedProxies,
    /// The scope cannot stand in ARNs.
    Scope(InvalidScope),
    /// The policies could not be loaded.
    Source(SourceError),
    /// The policies were loaded and are too large to be compiled.
    TooLarge(TooLarge),
}

impl fmt::Display for BuildError {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NoScope => formatter.write_str("the authorizer has no scope: call `scope`"),
            Self::NoSource => formatter.write_str("the authorizer has no policies: call `source`"),
            Self::NoTrustedProxies => formatter.write_str(
                "the transport is as proxies say, but none is trusted: call `trusted_proxies`",
            ),
            Self::Scope(error) => error.fmt(formatter),
            Self::Source(error) => error.fmt(formatter),
            Self::TooLarge(error) => error.fmt(formatter),
        }
    }
}

impl fmt::Debug for BuildError {
    /// Writes the sentence, so that `unwrap` and `main` show it.
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, formatter)
    }
}

impl std::error::Error for BuildError {}
