//! Authorizers whose policies are loaded for each principal, when a request needs them.

mod assemble;
mod cache;
mod managed;

use std::collections::HashMap;
use std::future::poll_fn;
use std::panic::AssertUnwindSafe;
use std::pin::pin;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Weak};
use std::task::Poll;
use std::time::Duration;

use arc_swap::Guard;
use futures_util::FutureExt;

use super::{Authorizer, AuthorizerBuilder, BuildError, Inner, built_in_services};
use crate::eval::snapshot::{SharedPrograms, Snapshot, compile};
use crate::freshness::Sleep;
use crate::policy::Partitions;
use crate::policy_stack::Policy;
use crate::principal::Principal;
use crate::program::ActionNames;
use crate::source::{
    Change, Invalidation, ManagedPolicy, PolicyRecord, PolicyStore, PrincipalRecords,
    PrincipalRequest, PrincipalSource, SourceError,
};
use crate::states::{PolicyState, PolicyStates};

use self::assemble::assemble;
use self::cache::{
    Dependencies, Entry, FlightGuard, Joined, NoResult, PrincipalEntries, PrincipalKey,
};
use self::managed::{ManagedPolicies, ManagedProgram, Use};

/// How often the policies of a principal are loaded for one request, if they change in the meantime.
const MOST_LOADS: usize = 4;

/// An estimate of the memory of an entry without policies of its own, in bytes.
const ENTRY_BYTES: u64 = 2048;

/// An estimate of the memory of a compiled policy for each byte of its document.
const BYTES_FOR_EACH: u64 = 12;

/// The settings of the cache of an authorizer with a [`PrincipalSource`].
///
/// ```
/// use std::time::Duration;
///
/// use pinpoint_iam::PrincipalCache;
///
/// let cache = PrincipalCache::new()
///     .max_bytes(256 << 20)
///     .time_to_live(Duration::from_secs(300));
/// # drop(cache);
/// ```
#[derive(Clone, Copy, Debug)]
pub struct PrincipalCache {
    max_bytes: u64,
    time_to_live: Duration,
    negative_time_to_live: Duration,
    load_timeout: Duration,
}

impl Default for PrincipalCache {
    fn default() -> Self {
        Self {
            max_bytes: 64 << 20,
            time_to_live: Duration::from_secs(60),
            negative_time_to_live: Duration::from_secs(10),
            load_timeout: Duration::from_secs(1),
        }
    }
}

impl PrincipalCache {
    /// Creates the default settings.
    pub fn new() -> Self {
        Self::default()
    }

    /// Sets the memory that the cache may use, in bytes. The default is 64 MiB.
    ///
    /// Sizes of policies are estimated. A quarter is for managed policies, which principals share. If they need more, the
    /// cache is emptied.
    ///
    /// Not counted are policies that requests still use, and less than a kilobyte in each [`Principal`] that the
    /// application keeps after its policies have left the cache.
    #[must_use]
    pub const fn max_bytes(mut self, bytes: u64) -> Self {
        self.max_bytes = bytes;
        self
    }

    /// Sets the time after which the policies of a principal are loaded again. The default is one minute.
    ///
    /// The time counts from the start of the load. It is the longest time for which a revoked permission still works if
    /// [invalidations](Authorizer::invalidate) are lost, and it does not depend on whether they arrive.
    #[must_use]
    pub const fn time_to_live(mut self, time: Duration) -> Self {
        self.time_to_live = time;
        self
    }

    /// Sets the time after which a principal that the source does not have is looked up again. The default is 10 seconds.
    #[must_use]
    pub const fn negative_time_to_live(mut self, time: Duration) -> Self {
        self.negative_time_to_live = time;
        self
    }

    /// Sets the time after which a load has failed. The default is one second.
    #[must_use]
    pub const fn load_timeout(mut self, timeout: Duration) -> Self {
        self.load_timeout = timeout;
        self
    }
}

/// The figures of the cache of an authorizer with a [`PrincipalSource`], see
/// [`Authorizer::principal_cache_counts`].
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct PrincipalCacheCounts {
    /// The look-ups that found a principal.
    pub hits: u64,
    /// The look-ups that did not.
    pub misses: u64,
    /// The loads that were started. Requests for the same principal wait for the same load.
    pub loads: u64,
    /// The loads that failed. The requests that waited for them were denied.
    pub failures: u64,
    /// The loads that were repeated, because what they had read may have changed.
    pub superseded: u64,
    /// The calls of [`Authorizer::invalidate`].
    pub invalidations: u64,
    /// How often the cache was emptied because the managed policies needed too much memory.
    pub overflows: u64,
    /// The principals in the cache.
    pub entries: u64,
    /// The estimated memory of the entries, in bytes.
    pub entry_bytes: u64,
    /// The managed policies in use.
    pub managed_policies: u64,
    /// The estimated memory of the managed policies, in bytes.
    pub managed_bytes: u64,
}

#[derive(Default)]
struct Counters {
    hits: AtomicU64,
    misses: AtomicU64,
    loads: AtomicU64,
    failures: AtomicU64,
    superseded: AtomicU64,
    invalidations: AtomicU64,
    overflows: AtomicU64,
}

fn count(counter: &AtomicU64) {
    counter.fetch_add(1, Ordering::Relaxed);
}

/// The source of an authorizer's principals, with the cache.
pub(super) struct OnDemand {
    source: Arc<dyn PrincipalSource>,
    settings: PrincipalCache,
    entries: Arc<PrincipalEntries>,
    managed: ManagedPolicies,
    services: Vec<Arc<ActionNames>>,
    /// The state of a principal whose policies are not loaded.
    not_loaded: Arc<PolicyState>,
    counters: Counters,
}

/// The settings of a builder.
pub(super) type OnDemandSettings = Option<(Arc<dyn PrincipalSource>, PrincipalCache)>;

impl OnDemand {
    pub(super) fn new(settings: OnDemandSettings, states: &PolicyStates) -> Option<Self> {
        let (source, settings) = settings?;
        let of_managed = settings.max_bytes / 4;
        let of_entries = settings.max_bytes - of_managed;
        Some(Self {
            source,
            settings,
            entries: Arc::new(PrincipalEntries::new(of_entries, ENTRY_BYTES)),
            managed: ManagedPolicies::default(),
            services: built_in_services(),
            not_loaded: Arc::new(states.not_loaded()),
            counters: Counters::default(),
        })
    }

    fn invalidate(&self, change: Change) {
        // Managed policies first: a load that starts in between is compared with the second.
        self.managed.invalidate(&change);
        self.entries.invalidate(change);
    }

    fn error(&self, message: impl Into<String>) -> SourceError {
        SourceError::of_file(self.source.name().as_ref(), message)
    }
}

impl AuthorizerBuilder {
    /// Sets the source of the policies of users, roles and groups, which are loaded for a principal when its first request
    /// needs them, and kept in a bounded cache. For applications whose principals are in a database, or do not fit into
    /// memory.
    ///
    /// Requires the feature `on-demand`.
    ///
    /// - Handlers with `#[requires]`, [`RequestGuard`](crate::web) and [`Authorizer::guard_async`] wait for the policies.
    ///   Code that cannot wait, such as [`Authorizer::guard`], denies the request with 503 unless they are in the cache.
    /// - A request looks its principal up once. All its checks use the policies that it found, also if they change.
    /// - If the source fails, requests that need it are denied with 503. A failure is never cached.
    /// - Report changes with [`Authorizer::invalidate`]. Without it, a change takes effect after the
    ///   [time to live](PrincipalCache::time_to_live).
    /// - Policies are checked when they are loaded, as by [`build`](Self::build). A policy that the checks reject denies
    ///   the requests of its principals with 503.
    ///
    /// # Boundaries from another source
    ///
    /// If the builder also has a [`source`](Self::source) or an asynchronous source, that source contains the permissions
    /// boundaries of all users and roles and nothing else, for example those of an organization, and the records of the
    /// principals contain none. A user or role without a boundary in it, and a caller that is neither, is denied
    /// everything. The age of the boundaries is limited as usual by [`max_age`](Self::max_age).
    #[must_use]
    pub fn principal_source(mut self, source: impl PrincipalSource, cache: PrincipalCache) -> Self {
        self.on_demand = Some((Arc::new(source), cache));
        self
    }
}

impl Authorizer {
    /// Removes the policies that have changed from the cache of the [source of
    /// principals](AuthorizerBuilder::principal_source). Requests that look their principal up afterwards load them.
    ///
    /// A load that has started before, and that the change concerns, is repeated: what it has read is never used by a
    /// request, nor cached. This also applies to principals that the source did not have.
    ///
    /// Does nothing without such a source.
    pub fn invalidate(&self, invalidation: &Invalidation) {
        self.inner.invalidate(invalidation);
    }

    /// Loads the policies of `principal` into the cache of the [source of
    /// principals](AuthorizerBuilder::principal_source), for code that cannot wait later. Returns whether they could be
    /// loaded; `true` without such a source.
    ///
    /// The bounded cache may remove them at any time. [`guard_async`](Self::guard_async) returns a guard that keeps them.
    pub async fn load(&self, principal: &Principal) -> bool {
        let state = self.load_state(principal).await;
        let on_demand = self.inner.on_demand.as_ref();
        on_demand.is_none_or(|on_demand| !Arc::ptr_eq(&state, &on_demand.not_loaded))
    }

    /// Returns a handle for [invalidations](Self::invalidate) that does not keep the policies in memory, for a task that
    /// listens to notifications.
    pub fn invalidator(&self) -> Invalidator {
        Invalidator(Arc::downgrade(&self.inner))
    }

    /// Returns the figures of the cache of the [source of principals](AuthorizerBuilder::principal_source).
    pub fn principal_cache_counts(&self) -> PrincipalCacheCounts {
        self.inner.principal_cache_counts()
    }

    /// Returns the policies for the requests of `principal`, without waiting.
    pub(crate) fn state_of(&self, principal: &Principal) -> Guard<Arc<PolicyState>> {
        match &self.inner.on_demand {
            // Other callers have no policies of their own.
            Some(on_demand) if principal.has_policies() => {
                let state = self.cached_state(principal).unwrap_or_else(|| {
                    count(&on_demand.counters.misses);
                    Arc::clone(&on_demand.not_loaded)
                });
                Guard::from_inner(state)
            }
            _ => self.inner.states.current(),
        }
    }

    /// Whether the policies of a request depend on its principal.
    #[cfg(feature = "_web")]
    pub(crate) fn loads_on_demand(&self) -> bool {
        self.inner.on_demand.is_some()
    }

    /// Returns the policies of a web request whose principal is not looked up yet.
    #[cfg(feature = "_web")]
    pub(crate) fn state_before_look_up(&self) -> Arc<PolicyState> {
        match &self.inner.on_demand {
            Some(on_demand) => Arc::clone(&on_demand.not_loaded),
            None => self.inner.states.current_shared(),
        }
    }

    /// Returns the policies of `principal`, if they can be used without waiting.
    pub(crate) fn cached_state(&self, principal: &Principal) -> Option<Arc<PolicyState>> {
        let Some(on_demand) = &self.inner.on_demand else {
            return Some(self.inner.states.current_shared());
        };
        if !principal.has_policies() {
            return Some(self.inner.states.current_shared());
        }
        let state = on_demand.entries.get(principal, &self.inner.states)?;
        count(&on_demand.counters.hits);
        Some(state)
    }

    /// Returns the policies of `principal`, which are loaded if they are not in the cache. If that fails, the state denies
    /// all requests.
    pub(crate) async fn load_state(&self, principal: &Principal) -> Arc<PolicyState> {
        match self.cached_state(principal) {
            Some(state) => state,
            None => self.load_missing(principal).await,
        }
    }

    /// Loads the policies of `principal`, which are not in the cache. If that fails, the state denies all requests.
    pub(crate) async fn load_missing(&self, principal: &Principal) -> Arc<PolicyState> {
        let Some(on_demand) = &self.inner.on_demand else {
            return self.inner.states.current_shared();
        };
        count(&on_demand.counters.misses);
        let key = PrincipalKey::of(principal);
        for _ in 0..MOST_LOADS {
            let now = self.inner.states.clock().now();
            let time_to_live = on_demand.settings.time_to_live;
            let joined = on_demand.entries.join(&key, now, time_to_live, |guard| {
                count(&on_demand.counters.loads);
                Box::pin(load(Arc::clone(&self.inner), key.clone(), guard))
            });
            let flight = match joined {
                Joined::State(state) => return state,
                Joined::Flight(flight) => flight,
            };
            match flight.await {
                Ok(state) => return state,
                Err(NoResult::Failed) => break,
                Err(NoResult::Superseded) => {}
            }
        }
        Arc::clone(&on_demand.not_loaded)
    }
}

/// Reports changes to an authorizer with a [source of principals](AuthorizerBuilder::principal_source), see
/// [`Authorizer::invalidator`].
#[derive(Clone)]
pub struct Invalidator(Weak<Inner>);

impl std::fmt::Debug for Invalidator {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.write_str("Invalidator")
    }
}

impl Invalidator {
    /// Calls [`Authorizer::invalidate`]. Returns `false` when the last clone of the authorizer was dropped.
    pub fn invalidate(&self, invalidation: &Invalidation) -> bool {
        let inner = self.0.upgrade();
        if let Some(inner) = &inner {
            inner.invalidate(invalidation);
        }
        inner.is_some()
    }

    /// Whether a clone of the authorizer exists.
    pub fn is_alive(&self) -> bool {
        self.0.strong_count() > 0
    }
}

impl Inner {
    pub(super) fn principal_cache_counts(&self) -> PrincipalCacheCounts {
        let Some(on_demand) = &self.on_demand else {
            return PrincipalCacheCounts::default();
        };
        let OnDemand {
            entries,
            managed,
            counters,
            ..
        } = on_demand;
        let of = |counter: &AtomicU64| counter.load(Ordering::Relaxed);
        PrincipalCacheCounts {
            hits: of(&counters.hits),
            misses: of(&counters.misses),
            loads: of(&counters.loads),
            failures: of(&counters.failures),
            superseded: of(&counters.superseded),
            invalidations: of(&counters.invalidations),
            overflows: of(&counters.overflows),
            entries: entries.len() as u64,
            entry_bytes: entries.bytes(),
            managed_policies: managed.len() as u64,
            managed_bytes: managed.bytes(),
        }
    }

    fn invalidate(&self, invalidation: &Invalidation) {
        if let Some(on_demand) = &self.on_demand {
            count(&on_demand.counters.invalidations);
            on_demand.invalidate(Change::from(invalidation));
        }
    }

    /// Discards everything that was loaded on demand, because something has changed on which all of it depends. Returns
    /// whether anything is loaded on demand.
    pub(super) fn discards_loaded(&self) -> bool {
        if let Some(on_demand) = &self.on_demand {
            on_demand.invalidate(Change::Everything);
        }
        self.on_demand.is_some()
    }

    /// Compiles a set. If principals are loaded on demand, it consists of their permissions boundaries.
    pub(super) fn compile_base(&self, store: PolicyStore) -> Result<Snapshot, BuildError> {
        let has_source = self.has_source();
        let Some(on_demand) = self.on_demand.as_ref().filter(|_| has_source) else {
            return super::compile(store);
        };
        store.check_boundaries().map_err(|message| {
            BuildError::Source(on_demand.error(format!(
                "the other source of the authorizer contains only permissions boundaries: {message}"
            )))
        })?;
        let boundaries = Arc::new(store.clone());
        Ok(super::compile(store.bounding_others())?.with_boundaries(boundaries))
    }
}

/// Loads the policies of a principal, and inserts them into the cache.
async fn load(inner: Arc<Inner>, key: PrincipalKey, guard: FlightGuard) -> cache::Loaded {
    let Some(on_demand) = &inner.on_demand else {
        return Err(NoResult::Failed);
    };
    let started = inner.states.clock().now();
    let loaded = AssertUnwindSafe(in_time(&inner, on_demand, &key, started)).catch_unwind();
    let loaded = loaded.await.unwrap_or_else(|_| {
        let error = on_demand.error("panicked");
        Err(Failure::Error(error))
    });
    let result = match loaded {
        Ok(entry) => {
            let state = Arc::clone(&entry.state);
            let inserted = guard.insert(entry);
            if on_demand.managed.bytes() > on_demand.settings.max_bytes / 4 {
                count(&on_demand.counters.overflows);
                on_demand.entries.clear();
                tracing::warn!(
                    "the managed policies of the cached principals need too much memory; raise `max_bytes`"
                );
            }
            inserted.map(|()| state)
        }
        Err(Failure::Outdated) => Err(NoResult::Superseded),
        Err(Failure::Error(error)) => {
            tracing::warn!(principal = ?key.identity, %error, "the policies of a principal could not be loaded");
            Err(NoResult::Failed)
        }
    };
    match result {
        Err(NoResult::Superseded) => count(&on_demand.counters.superseded),
        Err(NoResult::Failed) => count(&on_demand.counters.failures),
        Ok(_) => {}
    }
    result
}

/// Why a load has no entry.
enum Failure {
    /// A version of a policy does not exist any more.
    Outdated,
    Error(SourceError),
}

impl From<SourceError> for Failure {
    fn from(error: SourceError) -> Self {
        Self::Error(error)
    }
}

/// Loads an entry, and waits no longer than the timeout.
async fn in_time(
    inner: &Arc<Inner>,
    on_demand: &OnDemand,
    key: &PrincipalKey,
    started: Duration,
) -> Result<Entry, Failure> {
    let timeout = on_demand.settings.load_timeout;
    let end = started.saturating_add(timeout);
    let mut entry = pin!(read(inner, on_demand, key, started));
    let mut over = pin!(Sleep::until(inner.states.clock(), end));
    poll_fn(|context| {
        if let Poll::Ready(entry) = entry.as_mut().poll(context) {
            return Poll::Ready(entry);
        }
        over.as_mut().poll(context).map(|()| {
            let error = on_demand.error(format!("did not respond within {timeout:?}"));
            Err(Failure::Error(error))
        })
    })
    .await
}

/// Reads the records of a principal, and creates its entry.
async fn read(
    inner: &Arc<Inner>,
    on_demand: &OnDemand,
    key: &PrincipalKey,
    started: Duration,
) -> Result<Entry, Failure> {
    let invalidations = on_demand.managed.invalidations();
    let mut identities: Vec<String> = key
        .identities()
        .map(|identity| identity.arn_without_path())
        .collect();
    identities.dedup();
    let groups: Vec<String> = key
        .groups
        .iter()
        .map(|name| String::from(&**name))
        .collect();
    let request = PrincipalRequest {
        identities: &identities,
        groups: &groups,
        scope: &inner.scope,
    };
    let records = on_demand.source.policies_of(request).await?;
    let known = known_policies(on_demand, &records);
    let documents = missing_documents(on_demand, &records, &known).await?;
    let mut resolver = Resolver {
        inner,
        on_demand,
        partitions: Partitions::of(&inner.scope),
        invalidations,
        known,
        documents,
        dependencies: Dependencies::default(),
        programs: SharedPrograms::new(),
        bytes: ENTRY_BYTES,
        unchecked: Vec::new(),
    };
    let store = assemble(key, &records, |record, used| resolver.resolve(record, used));
    let store = store.map_err(|message| on_demand.error(message))?;
    resolver.check_inline()?;
    let is_found = !records.identities.is_empty() || !records.groups.is_empty();
    let Resolver {
        mut dependencies,
        mut programs,
        bytes,
        ..
    } = resolver;
    let of_user = records.identities.iter().flat_map(|record| &record.groups);
    dependencies.groups = of_user.map(|name| name.as_str().into()).collect();
    let base = inner.states.current_shared();
    let lease = base.lease();
    let snapshot = lease.snapshot();
    let store = match snapshot.boundaries() {
        None => store,
        Some(boundaries) => {
            for own in key.identities() {
                let Some(identity) = snapshot.get_by_key(own) else {
                    continue;
                };
                if identity.is_unavailable() {
                    let arn = own.arn_without_path();
                    let message = format!("the permissions boundary of {arn} cannot be read");
                    return Err(Failure::Error(on_demand.error(message)));
                }
                programs.extend(snapshot.boundary_program(identity));
            }
            let bounded = store.bounded_by(boundaries);
            bounded.map_err(|message| on_demand.error(message))?
        }
    };
    let snapshot = Snapshot::with_shared(store, &on_demand.services, &programs, snapshot.expiry())
        .map_err(|error| on_demand.error(error.to_string()))?;
    let time_to_live = match is_found {
        true => on_demand.settings.time_to_live,
        false => on_demand.settings.negative_time_to_live,
    };
    let of_records = records.time_to_live.unwrap_or(time_to_live);
    let time_to_live = time_to_live.min(of_records);
    let expires = started.saturating_add(time_to_live);
    let state = PolicyState::of_principal(&base, snapshot, records.revision, started, expires);
    Ok(Entry {
        state: Arc::new(state),
        dependencies,
        bytes,
    })
}

/// The managed policies that other loads have compiled, which are kept until the load ends.
type KnownPolicies = HashMap<(ManagedPolicy, Use), Arc<ManagedProgram>>;

/// Returns the managed policies of `records` that are compiled already.
fn known_policies(on_demand: &OnDemand, records: &PrincipalRecords) -> KnownPolicies {
    let managed = managed_policies(records).filter_map(|(record, used)| {
        let program = on_demand.managed.get(&record.policy, used)?;
        Some(((record.policy.clone(), used), program))
    });
    managed.collect()
}

/// Returns the managed policies of `records` with their uses.
fn managed_policies(records: &PrincipalRecords) -> impl Iterator<Item = (&PolicyRecord, Use)> {
    let of_identities = records.identities.iter().flat_map(|record| {
        let policies = record.policies.iter().map(|policy| (policy, Use::Identity));
        policies.chain(record.boundary.iter().map(|policy| (policy, Use::Boundary)))
    });
    let of_groups = records.groups.iter().flat_map(|group| &group.policies);
    let all = of_identities.chain(of_groups.map(|policy| (policy, Use::Identity)));
    all.filter(|(record, _)| record.is_managed)
}

/// Fetches the documents of managed policies that are not compiled yet.
async fn missing_documents(
    on_demand: &OnDemand,
    records: &PrincipalRecords,
    known: &KnownPolicies,
) -> Result<HashMap<ManagedPolicy, String>, Failure> {
    let mut missing: Vec<ManagedPolicy> = Vec::new();
    for (record, used) in managed_policies(records) {
        if record.document.is_none()
            && !missing.contains(&record.policy)
            && !known.contains_key(&(record.policy.clone(), used))
        {
            missing.push(record.policy.clone());
        }
    }
    if missing.is_empty() {
        return Ok(HashMap::new());
    }
    let documents = on_demand.source.documents(&missing).await?;
    let documents: HashMap<_, _> = documents.into_iter().collect();
    match missing.iter().all(|policy| documents.contains_key(policy)) {
        true => Ok(documents),
        false => Err(Failure::Outdated),
    }
}

/// Parses, checks and compiles the policies of one load.
struct Resolver<'a> {
    inner: &'a Inner,
    on_demand: &'a OnDemand,
    partitions: Partitions,
    /// The number of invalidations when the load started.
    invalidations: u64,
    known: KnownPolicies,
    documents: HashMap<ManagedPolicy, String>,
    dependencies: Dependencies,
    programs: SharedPrograms,
    bytes: u64,
    /// The policies that only one principal has. They are checked together.
    unchecked: Vec<(Policy, Use)>,
}

impl Resolver<'_> {
    fn resolve(&mut self, record: &PolicyRecord, used: Use) -> Result<Policy, String> {
        if !record.is_managed {
            let text = record.document.as_deref().unwrap_or_default();
            let policy = self.parse(&record.policy, text)?;
            self.bytes += text.len() as u64 * BYTES_FOR_EACH;
            self.unchecked.push((policy.clone(), used));
            return Ok(policy);
        }
        let known = (record.policy.clone(), used);
        let managed = match self.known.get(&known) {
            Some(managed) => Arc::clone(managed),
            None => {
                let managed = self.compile(record, used)?;
                self.known.insert(known, Arc::clone(&managed));
                managed
            }
        };
        let policy = managed.policy.clone();
        let program = Arc::clone(&managed.program);
        self.programs.insert(policy.address(), program);
        let mut known = self.dependencies.policies.iter();
        if !known.any(|known| Arc::ptr_eq(known, &managed)) {
            self.dependencies.policies.push(managed);
        }
        Ok(policy)
    }

    fn parse(&self, policy: &ManagedPolicy, text: &str) -> Result<Policy, String> {
        let parsed = Policy::parse(policy.name(), text, &self.partitions);
        parsed.map_err(|error| error.to_string())
    }

    fn compile(&self, record: &PolicyRecord, used: Use) -> Result<Arc<ManagedProgram>, String> {
        let fetched = self.documents.get(&record.policy).map(String::as_str);
        let text = record.document.as_deref().or(fetched);
        let text = text.ok_or_else(|| format!("returned no document of {}", record.policy))?;
        let policy = self.parse(&record.policy, text)?;
        self.check(&[(policy.clone(), used)])?;
        let program = compile(std::slice::from_ref(&policy), &self.on_demand.services)
            .map_err(|error| error.to_string())?;
        let bytes = text.len() as u64 * BYTES_FOR_EACH;
        let key = record.policy.clone();
        let managed = &self.on_demand.managed;
        Ok(managed.insert(key, used, policy, program, bytes, self.invalidations))
    }

    fn check_inline(&self) -> Result<(), SourceError> {
        let checked = self.check(&self.unchecked);
        checked.map_err(|message| self.on_demand.error(message))
    }

    /// Checks policies as when a whole set is loaded, and logs the warnings.
    fn check(&self, policies: &[(Policy, Use)]) -> Result<(), String> {
        if policies.is_empty() {
            return Ok(());
        }
        let mut store = PolicyStore::new();
        for (index, (policy, used)) in policies.iter().enumerate() {
            match used {
                Use::Identity => store.group("any").attach(policy.clone()),
                Use::Boundary => store
                    .identity(&format!("arn:aws:iam::000000000000:role/{index}"))
                    .map_err(|error| error.to_string())?
                    .set_permissions_boundary(policy.clone()),
            }
        }
        #[cfg(feature = "_web")]
        store.log_lints();
        let warnings = self
            .inner
            .check(&store.distinct_policies(), false)
            .map_err(|error| error.to_string())?;
        warnings.log();
        Ok(())
    }
}
