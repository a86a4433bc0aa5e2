//! The cache of principals, and the loads that are in progress.
//!
//! A load that started before an invalidation is never used after it: every invalidation has a number, a load notes the
//! next number when it starts, and compares what it has read with all later invalidations when it ends. The comparison
//! and the insertion into the cache happen under the lock that an invalidation needs as well.

use std::collections::{HashMap, VecDeque};
use std::hash::{Hash, Hasher, RandomState};
use std::pin::Pin;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use futures_util::future::{Shared, WeakShared};
use quick_cache::sync::{Cache, DefaultLifecycle};
use quick_cache::{Equivalent, Weighter};

use crate::identity::IdentityKey;
use crate::principal::Principal;
use crate::source::Change;
use crate::states::PolicyState;

use super::managed::ManagedProgram;

/// The principal of a request, with everything that its policies depend on. Paths do not distinguish principals, because
/// the policies of the path are chosen when a request is decided.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct PrincipalKey {
    /// See [`IdentityName::hash_value`](crate::identity::IdentityName::hash_value).
    hash: u64,
    pub(super) identity: Option<IdentityKey>,
    /// The added groups, sorted.
    pub(super) groups: Box<[Box<str>]>,
    /// The added roles, sorted.
    pub(super) roles: Box<[IdentityKey]>,
}

impl PrincipalKey {
    pub(super) fn of(principal: &Principal) -> Self {
        let identity = principal.identity();
        Self {
            hash: identity.map_or(0, |identity| identity.hash),
            identity: identity.map(|identity| IdentityKey::of(&identity.name)),
            groups: principal.groups().map(Into::into).collect(),
            roles: principal
                .added_roles()
                .map(|role| IdentityKey::of(&role.name))
                .collect(),
        }
    }

    /// The users and roles whose policies apply.
    pub(super) fn identities(&self) -> impl Iterator<Item = &IdentityKey> {
        self.identity.iter().chain(&self.roles)
    }
}

impl Hash for PrincipalKey {
    fn hash<H: Hasher>(&self, state: &mut H) {
        write_hash(state, self.hash, &self.groups, &self.roles);
    }
}

/// Writes what the hash of a principal consists of. The cache hashes it again with a random key, because callers may
/// choose their names.
fn write_hash<H: Hasher>(state: &mut H, identity: u64, groups: &[Box<str>], roles: &[IdentityKey]) {
    state.write_u64(identity);
    for group in groups {
        group.hash(state);
    }
    for role in roles {
        role.name().hash(state);
    }
}

/// A principal as it is looked up, without copying its parts.
struct Lookup<'p>(&'p Principal);

impl Hash for Lookup<'_> {
    fn hash<H: Hasher>(&self, state: &mut H) {
        let identity = self.0.identity().map_or(0, |identity| identity.hash);
        write_hash(state, identity, self.0.group_names(), self.0.role_keys());
    }
}

impl Equivalent<PrincipalKey> for Lookup<'_> {
    fn equivalent(&self, key: &PrincipalKey) -> bool {
        let is_same_identity = match (self.0.identity(), &key.identity) {
            (Some(identity), Some(key)) => identity.name == key.borrowed(),
            (None, None) => true,
            _ => false,
        };
        let (groups, roles) = (self.0.group_names(), self.0.role_keys());
        is_same_identity
            && *groups == *key.groups
            && roles.len() == key.roles.len()
            && roles
                .iter()
                .zip(&key.roles)
                .all(|(role, key)| role.borrowed() == key.borrowed())
    }
}

/// What else the policies of a principal depend on.
#[derive(Default)]
pub(super) struct Dependencies {
    /// The groups of the user.
    pub(super) groups: Vec<Box<str>>,
    /// The managed policies, which are kept as long as an entry has them.
    pub(super) policies: Vec<Arc<ManagedProgram>>,
}

impl Change {
    /// Whether the policies of `key`, which depend on `dependencies`, may have changed.
    fn concerns(&self, key: &PrincipalKey, dependencies: &Dependencies) -> bool {
        match self {
            Self::Identity(identity) => key
                .identities()
                .any(|own| own.borrowed() == identity.borrowed()),
            Self::Group(name) => key.groups.contains(name) || dependencies.groups.contains(name),
            Self::Policy(name) => dependencies
                .policies
                .iter()
                .any(|policy| policy.name() == &**name),
            Self::Everything => true,
        }
    }
}

/// The policies of one principal in the cache.
pub(super) struct Entry {
    pub(super) state: Arc<PolicyState>,
    /// The time from which on the entry is not used.
    pub(super) expires: Duration,
    pub(super) dependencies: Dependencies,
    /// An estimate of the memory, in bytes.
    pub(super) bytes: u64,
}

#[derive(Clone)]
struct Bytes;

impl Weighter<PrincipalKey, Arc<Entry>> for Bytes {
    fn weight(&self, _: &PrincipalKey, entry: &Arc<Entry>) -> u64 {
        entry.bytes
    }
}

/// Why a load has no result.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum NoResult {
    /// What was read may have changed since. The load has to be repeated.
    Superseded,
    /// The source failed.
    Failed,
}

/// The result of a load for all requests that wait for it.
pub(super) type Loaded = Result<Arc<PolicyState>, NoResult>;
/// A load, which each of the requests that wait for it continues. It ends when none of them waits any more.
pub(super) type Flight = Shared<Pin<Box<dyn Future<Output = Loaded> + Send>>>;

/// The number of invalidations that are kept for loads in progress. A load during which there were more is repeated.
const MOST_CHANGES: usize = 1024;

/// A load in progress.
struct FlightInProgress {
    number: u64,
    /// The time before which it has read nothing.
    started: Duration,
    flight: WeakShared<Pin<Box<dyn Future<Output = Loaded> + Send>>>,
}

/// What loads and invalidations change together.
#[derive(Default)]
struct Control {
    /// The number of the next invalidation.
    next_change: u64,
    /// The last invalidations, oldest first.
    changes: VecDeque<Change>,
    /// The number of the next flight.
    next_flight: u64,
    flights: HashMap<PrincipalKey, FlightInProgress>,
}

impl Control {
    /// Whether an invalidation since the one with the number `started` concerns a load.
    fn is_superseded(&self, started: u64, key: &PrincipalKey, dependencies: &Dependencies) -> bool {
        let since = self.next_change.saturating_sub(started);
        let since = usize::try_from(since).unwrap_or(usize::MAX);
        match self.changes.len().checked_sub(since) {
            Some(skipped) => {
                let mut changes = self.changes.iter().skip(skipped);
                changes.any(|change| change.concerns(key, dependencies))
            }
            None => true,
        }
    }
}

/// The entries, and the loads in progress.
pub(super) struct PrincipalEntries {
    entries: Cache<PrincipalKey, Arc<Entry>, Bytes, RandomState>,
    control: Mutex<Control>,
}

/// What a request finds that misses the cache.
pub(super) enum Joined {
    /// Another load has just ended.
    Entry(Arc<Entry>),
    Flight(Flight),
}

impl PrincipalEntries {
    pub(super) fn new(max_bytes: u64, bytes_of_entry: u64) -> Self {
        let items = usize::try_from(max_bytes / bytes_of_entry).unwrap_or(usize::MAX);
        Self {
            entries: Cache::with(
                items,
                max_bytes,
                Bytes,
                RandomState::new(),
                DefaultLifecycle::default(),
            ),
            control: Mutex::default(),
        }
    }

    fn control(&self) -> MutexGuard<'_, Control> {
        // Every change leaves a consistent state, so poisoning is harmless.
        self.control.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Returns the entry of `principal`, if it is not expired at the time `now`.
    #[inline]
    pub(super) fn get(&self, principal: &Principal, now: Duration) -> Option<Arc<Entry>> {
        let entry = self.entries.get(&Lookup(principal))?;
        (now < entry.expires).then_some(entry)
    }

    /// Returns the load of `key` in progress, or starts one with `load`, which receives the guard of the load.
    ///
    /// A load that started longer than `time_to_live` ago is not shared: what it has read is too old for this request.
    pub(super) fn join(
        self: &Arc<Self>,
        key: &PrincipalKey,
        now: Duration,
        time_to_live: Duration,
        load: impl FnOnce(FlightGuard) -> Pin<Box<dyn Future<Output = Loaded> + Send>>,
    ) -> Joined {
        let mut control = self.control();
        if let Some(entry) = self.entries.peek(key)
            && now < entry.expires
        {
            return Joined::Entry(entry);
        }
        if let Some(current) = control.flights.get(key)
            && now < current.started.saturating_add(time_to_live)
            && let Some(flight) = current.flight.upgrade()
        {
            return Joined::Flight(flight);
        }
        let number = control.next_flight;
        control.next_flight += 1;
        let guard = FlightGuard {
            entries: Arc::clone(self),
            key: key.clone(),
            number,
            started: control.next_change,
        };
        let flight = futures_util::FutureExt::shared(load(guard));
        if let Some(weak) = flight.downgrade() {
            let in_progress = FlightInProgress {
                number,
                started: now,
                flight: weak,
            };
            control.flights.insert(key.clone(), in_progress);
        }
        Joined::Flight(flight)
    }

    /// Removes everything that `change` concerns. Loads that have started are not used if it concerns them.
    pub(super) fn invalidate(&self, change: Change) {
        let mut control = self.control();
        match &change {
            Change::Everything => self.entries.clear(),
            change => self
                .entries
                .retain(|key, entry| !change.concerns(key, &entry.dependencies)),
        }
        control.next_change += 1;
        if control.flights.is_empty() {
            // Only loads in progress compare what they have read with earlier invalidations.
            control.changes.clear();
        } else if control.changes.len() >= MOST_CHANGES {
            control.changes.pop_front();
        }
        control.changes.push_back(change);
    }

    /// Removes all entries to free memory.
    pub(super) fn clear(&self) {
        self.entries.clear();
    }

    pub(super) fn len(&self) -> usize {
        self.entries.len()
    }

    pub(super) fn bytes(&self) -> u64 {
        self.entries.weight()
    }
}

/// Belongs to one load, and removes it from the loads in progress when it ends or no request waits for it any more.
pub(super) struct FlightGuard {
    entries: Arc<PrincipalEntries>,
    key: PrincipalKey,
    number: u64,
    /// The number of the first invalidation that this load may not have seen.
    started: u64,
}

impl FlightGuard {
    /// Inserts what was loaded, unless an invalidation since the start of the load concerns it, or a later load has
    /// replaced this one.
    pub(super) fn insert(self, entry: Arc<Entry>) -> Result<(), NoResult> {
        let mut control = self.entries.control();
        // Under the same lock, so that a request after a later invalidation does not wait for this load.
        let is_current = self.remove_from(&mut control);
        if control.is_superseded(self.started, &self.key, &entry.dependencies) {
            return Err(NoResult::Superseded);
        }
        if is_current {
            self.entries.entries.insert(self.key.clone(), entry);
        }
        Ok(())
    }

    /// Removes the load from those in progress. Returns whether it was one of them.
    fn remove_from(&self, control: &mut Control) -> bool {
        let current = control.flights.get(&self.key);
        let is_current = current.is_some_and(|current| current.number == self.number);
        if is_current {
            control.flights.remove(&self.key);
        }
        is_current
    }
}

impl Drop for FlightGuard {
    fn drop(&mut self) {
        self.remove_from(&mut self.entries.control());
    }
}
