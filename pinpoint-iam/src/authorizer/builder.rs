//! The builder of an authorizer.

use std::sync::atomic::AtomicU64;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use super::catalog_check::MismatchLevel;
use super::change::ChangeChecks;
#[cfg(feature = "metrics")]
use super::measuring::Metrics;
#[cfg(feature = "on-demand")]
use super::on_demand::{OnDemand, OnDemandSettings};
#[cfg(feature = "refresh")]
use super::refresh::RefreshSettings;
use super::{Authorizer, BuildError, Inner, Loaded, built_in_catalogs, load, session};
use crate::absence::AbsenceRules;
use crate::action::ServiceMetadata;
use crate::arn::Scope;
use crate::context::{ConditionKey, covers, is_named};
#[cfg(feature = "decision-log")]
use crate::decision_log::DecisionLog;
use crate::denial::ErrorResponses;
use crate::freshness::Clock;
use crate::list::ConstraintCache;
use crate::source::PolicySource;
#[cfg(feature = "on-demand")]
use crate::source::PolicyStore;
use crate::source::resource_keys::{
    Batch, KeyedResource, KeysUnavailable, OneByOne, ResourceKeySource, ResourceKeySources,
};
use crate::source::resource_tags::ResourceTagSource;
use crate::states::{Confirmed, PolicyStates};
#[cfg(feature = "_web")]
use crate::web_context::NetworkConfig;

/// Builds an [`Authorizer`].
#[derive(Default)]
pub struct AuthorizerBuilder {
    pub(super) scope: Option<Scope>,
    pub(super) source: Option<Box<dyn PolicySource>>,
    pub(super) resource_keys: ResourceKeySources,
    pub(super) error_responses: Arc<ErrorResponses>,
    pub(super) absence: AbsenceRules,
    pub(super) supplied: Vec<ConditionKey>,
    pub(super) only_warns: bool,
    pub(super) mismatch_level: Option<MismatchLevel>,
    pub(super) changes: ChangeChecks,
    pub(super) max_age: Option<Duration>,
    pub(super) stale_after: Option<Duration>,
    pub(super) serves_stale_forever: bool,
    pub(super) clock: Option<Arc<dyn Clock>>,
    #[cfg(feature = "refresh")]
    pub(super) refresh: RefreshSettings,
    #[cfg(feature = "on-demand")]
    pub(super) on_demand: OnDemandSettings,
    #[cfg(feature = "_web")]
    pub(super) network: NetworkConfig,
    #[cfg(feature = "decision-log")]
    pub(super) decision_log: Option<DecisionLog>,
    #[cfg(feature = "metrics")]
    pub(super) metrics: Option<Metrics>,
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
    /// [without a source](crate::KeyWithoutSource), even if a `Deny` uses them.
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
    /// Condition keys that the policies use and no source supplies are reported, see
    /// [`KeyWithoutSource`](crate::KeyWithoutSource): as an error if a `Deny` or a permissions boundary uses one,
    /// because it would deny requests that it should not deny, and otherwise as a
    /// [warning](Authorizer::keys_without_source). They are only warnings if the policies are from an [AWS
    /// account](PolicySource::is_from_aws_account), and for keys that [`request_keys`](Self::request_keys), if called,
    /// may supply.
    ///
    /// With the feature `axum` or `actix`, the [lints](crate::policy::Document::lints) of all policies of users and
    /// roles are logged as warnings.
    ///
    /// # Errors
    ///
    /// Fails if the scope or the source is missing, if the transport comes from proxies but none is trusted, if the
    /// scope is not valid in ARNs, if the source has an error, if a `Deny` or a boundary does not agree with a catalog
    /// or uses a condition key without a source, or if a key is declared [absent](Self::absent) that
    /// [`resource_keys`](Self::resource_keys) supplies.
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
    pub(super) fn assemble(mut self, stale_after: Option<Duration>) -> Result<Inner, BuildError> {
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
            constraints: ConstraintCache::default(),
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
            #[cfg(feature = "metrics")]
            metrics: self.metrics,
        })
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
