//! The cache of principals, and the loads that are in progress.
//!
//! A load that started before an invalidation is never used after it: every invalidation has a number, a load notes the
//! next number when it starts, and compares what it has read with all later invalidations when it ends. The comparison
//! and the insertion into the cache happen under the lock that an invalidation needs as well.
//!
//! A principal remembers the state in which it was found, so that the next look-up reads the principal and the state, and
//! nothing of the cache. It does not keep the policies in memory: without the cache, at most the allocation of the state
//! itself remains, less than a kilobyte. Two rules make such a look-up equal to one in the cache:
//!
//! - A state is marked when it leaves the cache for any reason, also if requests or principals still have it. Everything
//!   that removes entries needs the lock, so that an invalidation finds the state either in the cache or marked.
//! - A look-up without the cache does not tell the cache that the principal is used. After the cache has evicted some
//!   entries, the next look-up of each principal happens in the cache; without evictions, the use does not matter. The
//!   first look-up is not remembered either, because the cache distinguishes one use of an entry from several.

mod entries;

use std::collections::{HashMap, VecDeque};
use std::hash::{Hash, Hasher};
use std::pin::Pin;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};
use std::time::Duration;

use futures_util::future::{Shared, WeakShared};
use quick_cache::{Equivalent, Lifecycle, Weighter};

use crate::identity::IdentityKey;
use crate::principal::Principal;
use crate::source::Change;
use crate::states::{PolicyState, PolicyStates};

use super::managed::ManagedProgram;

use self::entries::Entries;

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

/// The key of an entry in the cache.
struct EntryKey {
    /// That of the principal's key. A look-up reads the owner only if the hash is that of the principal.
    hash: u64,
    owner: Box<Owner>,
}

/// What the cache knows about an entry.
struct Owner {
    key: PrincipalKey,
    state: Arc<PolicyState>,
    dependencies: Dependencies,
    bytes: u64,
}

impl Drop for Owner {
    /// Marks the state. The cache drops an entry's key when it removes the entry, and only then.
    fn drop(&mut self) {
        self.state.set_cached(false);
    }
}

impl EntryKey {
    fn of(owner: Owner) -> Self {
        owner.state.set_cached(true);
        Self {
            hash: owner.key.hash,
            owner: Box::new(owner),
        }
    }
}

impl PartialEq for EntryKey {
    fn eq(&self, other: &Self) -> bool {
        self.owner.key == other.owner.key
    }
}

impl Eq for EntryKey {}

impl Hash for EntryKey {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.owner.key.hash(state);
    }
}

impl Equivalent<EntryKey> for PrincipalKey {
    fn equivalent(&self, key: &EntryKey) -> bool {
        *self == key.owner.key
    }
}

/// A principal as it is looked up, without copying its parts.
struct Lookup<'p>(&'p Principal);

impl Hash for Lookup<'_> {
    fn hash<H: Hasher>(&self, state: &mut H) {
        let (groups, roles) = (self.0.group_names(), self.0.role_keys());
        write_hash(state, self.0.identity_hash(), groups, roles);
    }
}

impl Equivalent<EntryKey> for Lookup<'_> {
    #[inline]
    fn equivalent(&self, key: &EntryKey) -> bool {
        self.0.identity_hash() == key.hash && self.equals(&key.owner.key)
    }
}

impl Lookup<'_> {
    /// Whether `key` is the key of the principal.
    fn equals(&self, key: &PrincipalKey) -> bool {
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

/// The policies of one principal, as they were loaded.
pub(super) struct Entry {
    pub(super) state: Arc<PolicyState>,
    pub(super) dependencies: Dependencies,
    /// An estimate of the memory, in bytes.
    pub(super) bytes: u64,
}

#[derive(Clone)]
struct Bytes;

impl Weighter<EntryKey, Arc<PolicyState>> for Bytes {
    fn weight(&self, key: &EntryKey, _: &Arc<PolicyState>) -> u64 {
        key.owner.bytes
    }
}

/// Counts the bytes of the entries that the cache evicts.
#[derive(Clone, Default)]
struct Evictions(Arc<AtomicU64>);

impl Evictions {
    #[inline]
    fn bytes(&self) -> u64 {
        self.0.load(Ordering::Relaxed)
    }
}

impl Lifecycle<EntryKey, Arc<PolicyState>> for Evictions {
    /// What one insertion removes. It is dropped after the lock of the shard is released.
    type RequestState = Vec<(EntryKey, Arc<PolicyState>)>;

    fn before_evict(&self, _: &mut Self::RequestState, key: &EntryKey, _: &mut Arc<PolicyState>) {
        self.0.fetch_add(key.owner.bytes, Ordering::Relaxed);
    }

    fn on_evict(&self, removed: &mut Self::RequestState, key: EntryKey, state: Arc<PolicyState>) {
        removed.push((key, state));
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

/// The share of its memory, as a divisor, that the cache may evict before it has to know again which principals are used.
/// The cache visits its entries in turn, and evicts one that was not used since the last visit. While it evicts a 64th of
/// them, it visits no entry twice, unless almost all of them were used.
const SHARE_EVICTED: u64 = 64;

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
    entries: Entries,
    evictions: Evictions,
    /// How many bytes the cache may evict before the next look-up of a principal happens in the cache.
    most_evicted: u64,
    /// Locked while entries are added or removed, see [`Entries`].
    control: Mutex<Control>,
}

/// What a request finds that misses the cache.
pub(super) enum Joined {
    /// Another load has just ended.
    State(Arc<PolicyState>),
    Flight(Flight),
}

impl PrincipalEntries {
    pub(super) fn new(max_bytes: u64, bytes_of_entry: u64) -> Self {
        let items = usize::try_from(max_bytes / bytes_of_entry).unwrap_or(usize::MAX);
        let evictions = Evictions::default();
        Self {
            entries: Entries::new(items, max_bytes, evictions.clone()),
            evictions,
            most_evicted: max_bytes / SHARE_EVICTED,
            control: Mutex::default(),
        }
    }

    fn control(&self) -> MutexGuard<'_, Control> {
        // Every change leaves a consistent state, so poisoning is harmless.
        self.control.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Returns the policies of `principal` that the cache contains, if they are not out of date.
    #[inline]
    pub(super) fn get(
        &self,
        principal: &Principal,
        states: &PolicyStates,
    ) -> Option<Arc<PolicyState>> {
        let known = self.remembered(principal, states);
        let state = known.or_else(|| self.find(principal))?;
        (!state.is_outdated(states.clock().now())).then_some(state)
    }

    /// Returns the policies that `principal` remembers, if this cache contains them and does not have to know that they are
    /// used.
    #[inline]
    fn remembered(&self, principal: &Principal, states: &PolicyStates) -> Option<Arc<PolicyState>> {
        let known = principal.known_policies()?;
        let state = known.downcast::<PolicyState>().ok()?;
        let evicted = self.evictions.bytes().saturating_sub(state.reported());
        let is_usable = states.have(&state) && state.is_cached() && evicted <= self.most_evicted;
        is_usable.then_some(state)
    }

    /// Finds the policies of `principal` in the cache, which then knows that they are used.
    fn find(&self, principal: &Principal) -> Option<Arc<PolicyState>> {
        let evicted = self.evictions.bytes();
        let state = self.entries.get(&Lookup(principal))?;
        if state.report(evicted) {
            let weak: Weak<PolicyState> = Arc::downgrade(&state);
            principal.remember_policies(weak);
        }
        Some(state)
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
        if let Some(state) = self.entries.peek(key)
            && !state.is_outdated(now)
        {
            return Joined::State(state);
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
            Change::Everything => self.entries.clear(&mut control),
            change => self.entries.retain(&mut control, |key| {
                !change.concerns(&key.owner.key, &key.owner.dependencies)
            }),
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
        self.entries.clear(&mut self.control());
    }

    pub(super) fn len(&self) -> usize {
        self.entries.len()
    }

    pub(super) fn bytes(&self) -> u64 {
        self.entries.bytes()
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
    pub(super) fn insert(self, entry: Entry) -> Result<(), NoResult> {
        let mut control = self.entries.control();
        // Under the same lock, so that a request after a later invalidation does not wait for this load.
        let is_current = self.remove_from(&mut control);
        if control.is_superseded(self.started, &self.key, &entry.dependencies) {
            return Err(NoResult::Superseded);
        }
        if is_current {
            let Entry {
                state,
                dependencies,
                bytes,
            } = entry;
            let key = EntryKey::of(Owner {
                key: self.key.clone(),
                state: Arc::clone(&state),
                dependencies,
                bytes,
            });
            self.entries.entries.insert(&mut control, key, state);
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::eval::snapshot::{Snapshot, Unavailable};
    use crate::freshness::{AgeLimits, Revision, SystemClock};
    use crate::states::Timing;

    fn user(name: &str) -> Principal {
        let arn = format!("arn:aws:iam::111122223333:user/{name}");
        Principal::from_arn(&arn).expect("an ARN")
    }

    fn states() -> PolicyStates {
        PolicyStates::new(Timing {
            clock: Arc::new(SystemClock::without_alarms()),
            limits: AgeLimits::default(),
        })
    }

    /// Inserts a state of `principal` as a load does.
    fn insert(
        entries: &Arc<PrincipalEntries>,
        states: &PolicyStates,
        principal: &Principal,
    ) -> Arc<PolicyState> {
        let state = Arc::new(PolicyState::of_principal(
            &states.current_shared(),
            Snapshot::unavailable(Unavailable::Unreadable),
            Revision::new("1"),
            Duration::ZERO,
            Duration::MAX,
        ));
        let mut load = None;
        let key = PrincipalKey::of(principal);
        let joined = entries.join(&key, Duration::ZERO, Duration::MAX, |guard| {
            load = Some(guard);
            Box::pin(std::future::pending())
        });
        assert!(matches!(joined, Joined::Flight(_)));
        let entry = Entry {
            state: Arc::clone(&state),
            dependencies: Dependencies::default(),
            bytes: 1,
        };
        let inserted = load.expect("a new load").insert(entry);
        assert_eq!(inserted, Ok(()));
        state
    }

    #[test]
    fn a_state_is_marked_however_it_leaves_the_cache() {
        let states = states();
        let ana = user("ana");
        type Removal = fn(&Arc<PrincipalEntries>, &PolicyStates);
        let removals: [(&str, Removal); 4] = [
            ("an invalidation", |entries, _| {
                entries.invalidate(Change::Identity(
                    PrincipalKey::of(&user("ana")).identity.expect("a user"),
                ));
            }),
            ("the invalidation of everything", |entries, _| {
                entries.invalidate(Change::Everything);
            }),
            ("too little memory", |entries, _| entries.clear()),
            ("eviction", |entries, states| {
                for number in 0..100 {
                    let other = user(&format!("u{number}"));
                    insert(entries, states, &other);
                    assert!(entries.find(&other).is_some());
                }
            }),
        ];
        for (what, remove) in removals {
            let entries = Arc::new(PrincipalEntries::new(32, 1));
            let state = insert(&entries, &states, &ana);
            assert!(state.is_cached(), "{what}");
            remove(&entries, &states);
            let key = PrincipalKey::of(&ana);
            assert!(entries.entries.peek(&key).is_none(), "{what}");
            assert!(!state.is_cached(), "{what}");
        }
    }

    #[test]
    fn equal_hashes_do_not_mix_principals_up() {
        let (ana, bob) = (user("ana"), user("bob"));
        let mut key = EntryKey::of(Owner {
            key: PrincipalKey::of(&ana),
            state: Arc::new(states().not_loaded()),
            dependencies: Dependencies::default(),
            bytes: 1,
        });
        assert!(Lookup(&ana).equivalent(&key));
        key.hash = bob.identity_hash();
        assert!(!Lookup(&bob).equivalent(&key));
    }

    /// The policies of groups and roles are part of an entry. Equal hashes are possible for all of them.
    #[test]
    fn a_look_up_finds_only_the_same_groups_and_roles() {
        let ana = || user("ana");
        let principals = [
            ana(),
            ana().with_groups(["staff"]),
            ana().with_groups(["team"]),
            ana().with_groups(["staff", "team"]),
            ana().with_roles(["reader"]),
            ana().with_roles(["writer"]),
            ana().with_roles(["reader", "writer"]),
            ana().with_groups(["staff"]).with_roles(["reader"]),
            Principal::anonymous(),
            Principal::anonymous().with_groups(["staff"]),
        ];
        for (owner, of_entry) in principals.iter().enumerate() {
            let key = PrincipalKey::of(of_entry);
            for (number, principal) in principals.iter().enumerate() {
                let is_same = owner == number;
                assert_eq!(
                    Lookup(principal).equals(&key),
                    is_same,
                    "{principal:?}, {key:?}"
                );
                assert_eq!(
                    PrincipalKey::of(principal) == key,
                    is_same,
                    "{principal:?}, {key:?}"
                );
            }
        }
    }
}
