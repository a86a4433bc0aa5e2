//! The compiled policies of a deployment, and their assignment to principals.

use std::borrow::Cow;
use std::collections::HashMap;
use std::fmt;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, LazyLock};

use arc_swap::Guard;
use smallvec::SmallVec;

use crate::identity::{FinishedIdentityMap, IdentityKey, IdentityMap};
use crate::policy_stack::{Policy, PolicyStack};
use crate::principal::Principal;
use crate::program::{ActionNames, PolicyGroups, Program, TooLarge};
use crate::request::{Deployment, Request};
#[cfg(feature = "page-tokens")]
use crate::source::digest::{Digest, Digester};
use crate::source::{GroupPolicies, NO_POLICIES, PolicyStore, PrincipalPolicies};

/// The policies of a deployment at one time. They are immutable, except that identities can be marked as unavailable.
#[derive(Debug)]
pub(crate) struct Snapshot {
    /// Snapshots of principals that are loaded on demand share the programs of managed policies.
    programs: SmallVec<[Arc<Program>; INLINE_PROGRAMS]>,
    identities: FinishedIdentityMap<Identity>,
    /// By name.
    groups: HashMap<Box<str>, Group>,
    /// The entry for principals that are not in the source.
    others: &'static Identity,
    /// Why requests of an identity that [is unavailable](Identity::is_unavailable) are denied.
    why_unavailable: Unavailable,
    /// Whether the policies are older than the authorizer allows. Shared by the snapshots that depend on the same set of
    /// permissions boundaries.
    is_expired: Arc<AtomicBool>,
    /// The permissions boundaries of all users and roles, if principals are loaded on demand and their boundaries come from
    /// another source.
    #[cfg(feature = "on-demand")]
    boundaries: Option<Arc<PolicyStore>>,
}

/// The number of programs that are stored in a snapshot and in its entries, and not in an allocation of their own. The
/// processor finds them in its caches more often. Up to 10 managed policies can be attached to a user or role by
/// [default](https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_iam-quotas.html).
const INLINE_PROGRAMS: usize = 10;

/// The programs of policies that are compiled already, by the [address](Policy::address) of the policy.
pub(crate) type SharedPrograms = HashMap<usize, Arc<Program>>;

/// Why all requests of a principal are denied.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Unavailable {
    /// The current content of one of its policies is unknown.
    Unreadable,
    /// The policies of all principals are too old.
    Expired,
    /// The policies of the principal were not loaded from its source.
    #[cfg(feature = "on-demand")]
    NotLoaded,
    /// The principal and its roles have different permissions boundaries.
    SeveralBoundaries,
    /// The session policies of the principal do not agree with the registered catalogs.
    SessionRejected,
}

/// A user or role, with its programs.
#[derive(Debug)]
pub(crate) struct Identity {
    policies: PrincipalPolicies,
    identity: SmallVec<[u32; INLINE_PROGRAMS]>,
    permissions_boundary: Option<Box<[u32]>>,
    asks_for_completed_keys: bool,
    /// Whether a later load failed, and could not read one of the policies or read different ones.
    is_unavailable: AtomicBool,
}

/// A group, with its programs.
#[derive(Debug)]
pub(crate) struct Group {
    policies: GroupPolicies,
    programs: Box<[u32]>,
    asks_for_completed_keys: bool,
    /// Whether a later load failed, and could not read one of the policies or read different ones.
    is_unavailable: AtomicBool,
}

impl Snapshot {
    /// Compiles the policies of `store`, and resolves patterns over actions for `services`.
    pub(crate) fn of(store: PolicyStore, services: &[Arc<ActionNames>]) -> Result<Self, TooLarge> {
        Self::with_shared(store, services, &SharedPrograms::new(), Arc::default())
    }

    /// Like [`of`](Self::of), but uses the programs in `shared`, which were compiled before. `is_expired` is the flag of
    /// the set of permissions boundaries on which the policies depend.
    pub(crate) fn with_shared(
        store: PolicyStore,
        services: &[Arc<ActionNames>],
        shared: &SharedPrograms,
        is_expired: Arc<AtomicBool>,
    ) -> Result<Self, TooLarge> {
        let others = match store.bounds_others() {
            true => &BOUNDED,
            false => &NOBODY,
        };
        let (identities, groups) = store.into_parts();
        let mut runs = PolicyGroups::default();
        for policies in identities.values() {
            runs.add(policies.identity());
            runs.add(policies.boundary());
        }
        for group in groups.values() {
            runs.add(group.policies());
        }
        if !shared.is_empty() {
            // As a list of its own, a policy with a program becomes a group of its own.
            let own = identities.values().flat_map(|policies| {
                let identity = policies.identity().iter();
                identity.chain(policies.boundary())
            });
            let of_groups = groups.values().flat_map(GroupPolicies::policies);
            for policy in own.chain(of_groups) {
                if shared.contains_key(&policy.address()) {
                    runs.add(std::slice::from_ref(policy));
                }
            }
        }
        let cut = runs.cut()?;
        let programs: SmallVec<[Arc<Program>; INLINE_PROGRAMS]> = cut
            .runs
            .iter()
            .map(|run| {
                if let [only] = run.as_slice()
                    && let Some(program) = shared.get(&only.address())
                {
                    return Ok(Arc::clone(program));
                }
                compile(run, services).map(Arc::new)
            })
            .collect::<Result<_, TooLarge>>()?;
        let asks = |number: &u32| {
            let program = programs.get(*number as usize);
            program.is_some_and(|program| program.needs_enrichment())
        };
        let groups = groups.into_iter().map(|(name, policies)| {
            let programs = cut.groups_of(policies.policies());
            let group = Group {
                asks_for_completed_keys: programs.iter().any(asks),
                programs,
                policies,
                is_unavailable: AtomicBool::new(false),
            };
            (name, group)
        });
        let groups = groups.collect();
        let identities = identities.map(|policies| {
            let identity = cut.groups_of(policies.identity());
            let boundary = cut.groups_of(policies.boundary());
            Identity {
                asks_for_completed_keys: identity.iter().chain(&*boundary).any(asks),
                identity: SmallVec::from_slice(&identity),
                permissions_boundary: policies.permissions_boundary().map(|_| boundary),
                policies,
                is_unavailable: AtomicBool::new(false),
            }
        });
        Ok(Self {
            programs,
            identities: FinishedIdentityMap::of(identities),
            groups,
            others,
            why_unavailable: Unavailable::Unreadable,
            is_expired,
            #[cfg(feature = "on-demand")]
            boundaries: None,
        })
    }

    /// Sets the permissions boundaries of all users and roles, for principals that are loaded on demand.
    #[cfg(feature = "on-demand")]
    pub(crate) fn with_boundaries(mut self, boundaries: Arc<PolicyStore>) -> Self {
        self.boundaries = Some(boundaries);
        self
    }

    /// Returns the permissions boundaries of all users and roles, if they come from a source of their own.
    #[cfg(feature = "on-demand")]
    pub(crate) const fn boundaries(&self) -> Option<&Arc<PolicyStore>> {
        self.boundaries.as_ref()
    }

    /// Creates a snapshot without usable policies, which denies all requests.
    pub(crate) fn unavailable(why: Unavailable) -> Self {
        Self {
            programs: SmallVec::new(),
            identities: FinishedIdentityMap::of(IdentityMap::default()),
            groups: HashMap::new(),
            others: &UNAVAILABLE,
            why_unavailable: why,
            is_expired: Arc::default(),
            #[cfg(feature = "on-demand")]
            boundaries: None,
        }
    }

    /// Returns the digest of all policies.
    #[cfg(feature = "page-tokens")]
    pub(crate) fn digest(&self) -> Digest {
        let mut digester = Digester::default();
        for (key, identity) in self.identities.iter() {
            let name = key.arn_without_path();
            digester.add(|digester| identity.policies.digest(&name, digester));
        }
        for (name, group) in &self.groups {
            digester.add(|digester| group.policies.digest(name, digester));
        }
        digester.add(|digester| self.others.policies.digest("others", digester));
        digester.finish()
    }

    /// Returns the number of users and roles.
    pub(crate) fn len(&self) -> usize {
        self.identities.len()
    }

    /// Returns the entry for `principal`.
    #[inline]
    pub(crate) fn identity(&self, principal: &Principal) -> &Identity {
        self.identities
            .get_known(principal.known_slot(), || principal.identity())
            .unwrap_or(self.others)
    }

    /// Returns the groups of `principal` that the source has.
    fn groups_of<'s>(&'s self, principal: &'s Principal) -> impl Iterator<Item = &'s Group> {
        let groups = principal.groups();
        groups.filter_map(|name| self.groups.get(name))
    }

    /// Returns the added roles of `principal` that the source has.
    fn roles_of<'s>(&'s self, principal: &'s Principal) -> impl Iterator<Item = &'s Identity> {
        let roles = principal.added_roles();
        roles.filter_map(|role| self.identities.get(&role))
    }

    /// Returns the entry whose permissions boundary applies: that of the principal, or of a role that was added to it.
    /// `None` if they have different boundaries.
    fn bounded<'s>(
        &'s self,
        principal: &'s Principal,
        identity: &'s Identity,
    ) -> Option<&'s Identity> {
        let mut bounded = identity;
        for role in self.roles_of(principal) {
            match (bounded.boundary_programs(), role.boundary_programs()) {
                (_, None) => {}
                (None, Some(_)) => bounded = role,
                (Some(one), Some(other)) if one == other => {}
                (Some(_), Some(_)) => return None,
            }
        }
        Some(bounded)
    }

    /// Returns the entry whose permissions boundary applies to `principal`.
    pub(crate) fn boundary_of<'s>(
        &'s self,
        principal: &'s Principal,
        identity: &'s Identity,
    ) -> &'s Identity {
        // Requests of a principal with different boundaries are denied before. If they were not, the empty boundary would
        // deny them.
        self.bounded(principal, identity).unwrap_or(&BOUNDED)
    }

    /// Returns why all requests of `principal` are denied, regardless of what its policies contain.
    #[inline]
    pub(crate) fn unavailability(
        &self,
        principal: &Principal,
        identity: &Identity,
    ) -> Option<Unavailable> {
        if self.is_expired.load(Ordering::Acquire) {
            return Some(Unavailable::Expired);
        }
        if identity.is_unavailable() {
            return Some(self.why_unavailable);
        }
        match principal.has_additions() {
            true => self.unavailability_of_additions(principal, identity),
            false => None,
        }
    }

    /// Returns why the groups and added roles of `principal` deny all its requests.
    #[inline(never)]
    fn unavailability_of_additions(
        &self,
        principal: &Principal,
        identity: &Identity,
    ) -> Option<Unavailable> {
        let is_unavailable = |group: &Group| group.is_unavailable.load(Ordering::Acquire);
        if self.groups_of(principal).any(is_unavailable)
            || self.roles_of(principal).any(Identity::is_unavailable)
        {
            return Some(self.why_unavailable);
        }
        let is_bounded_twice = self.bounded(principal, identity).is_none();
        is_bounded_twice.then_some(Unavailable::SeveralBoundaries)
    }

    /// Returns the flag that denies all requests, for snapshots that depend on this one.
    #[cfg(feature = "on-demand")]
    pub(crate) fn expiry(&self) -> Arc<AtomicBool> {
        Arc::clone(&self.is_expired)
    }

    /// Returns the entry for a user or role, regardless of its path.
    #[cfg(feature = "on-demand")]
    pub(crate) fn get_by_key(&self, key: &IdentityKey) -> Option<&Identity> {
        self.identities.get_by_key(key)
    }

    /// Returns the permissions boundary of `identity` with its program, if it is a single policy.
    #[cfg(feature = "on-demand")]
    pub(crate) fn boundary_program(&self, identity: &Identity) -> Option<(usize, Arc<Program>)> {
        let [number] = identity.boundary_programs()? else {
            return None;
        };
        let [policy] = identity.policies().boundary() else {
            return None;
        };
        let program = self.programs.get(*number as usize)?;
        Some((policy.address(), Arc::clone(program)))
    }

    /// Sets whether all requests are denied because the policies are too old.
    pub(crate) fn set_expired(&self, is_expired: bool) {
        self.is_expired.store(is_expired, Ordering::Release);
    }

    /// Whether a policy of a group or an added role of `principal` uses a key that the source provides.
    #[inline]
    pub(super) fn additions_need_enrichment(&self, principal: &Principal) -> bool {
        principal.has_additions()
            && (self
                .groups_of(principal)
                .any(|group| group.asks_for_completed_keys)
                || self.roles_of(principal).any(Identity::needs_enrichment))
    }

    /// The numbers of the programs of `identity`, and of the groups and added roles of `principal`.
    #[inline]
    pub(super) fn identity_programs<'s>(
        &self,
        principal: &Principal,
        identity: &'s Identity,
    ) -> Cow<'s, [u32]> {
        let own = identity.identity_programs();
        if !principal.has_additions() {
            return Cow::Borrowed(own);
        }
        let mut numbers = own.to_vec();
        let groups = self.groups_of(principal).map(|group| &*group.programs);
        let roles = self.roles_of(principal).map(Identity::identity_programs);
        for number in groups.chain(roles).flatten() {
            if !numbers.contains(number) {
                numbers.push(*number);
            }
        }
        Cow::Owned(numbers)
    }

    /// The identity-based policies of `identity`, and of the groups and added roles of `principal`.
    pub(crate) fn identity_policies<'s>(
        &self,
        principal: &Principal,
        identity: &'s Identity,
    ) -> Cow<'s, [Policy]> {
        let own = identity.policies().identity();
        if !principal.has_additions() {
            return Cow::Borrowed(own);
        }
        let mut policies = own.to_vec();
        let groups = self.groups_of(principal);
        let groups = groups.map(|group| group.policies.policies());
        let roles = self.roles_of(principal);
        let roles = roles.map(|role| role.policies().identity());
        for policy in groups.chain(roles).flatten() {
            if !policies.iter().any(|other| other.is(policy)) {
                policies.push(policy.clone());
            }
        }
        Cow::Owned(policies)
    }

    /// Calls `ask` with the policies for `request`, whose principal is not enriched yet, with the request of the enriched
    /// principal, and with the reason why the policies are unavailable, if they are.
    ///
    /// It is used by everything that visits statements one by one.
    pub(crate) fn with_policies<T>(
        &self,
        request: &Request<'_>,
        deployment: Deployment<'_>,
        ask: impl FnOnce(&PolicyStack<'_>, &Request<'_>, Option<Unavailable>) -> T,
    ) -> T {
        let caller = request.principal();
        let identity = self.identity(caller);
        let policies = identity.policies();
        let principal = policies.enrich(caller);
        let request = request.decided_for(deployment, &principal, policies.tags());
        let joined = self.identity_policies(caller, identity);
        let bounded = self.boundary_of(caller, identity);
        let stack = PolicyStack {
            identity: &joined,
            permissions_boundary: bounded.policies().stack(&principal).permissions_boundary,
            ..policies.stack(&principal)
        };
        ask(&stack, &request, self.unavailability(caller, identity))
    }

    /// Denies all further requests of a user or role, if the snapshot contains it.
    pub(crate) fn refuse(&self, arn: &str) {
        let found = IdentityKey::parse(arn).and_then(|key| self.identities.get_by_key(&key));
        if let Some(identity) = found {
            identity.is_unavailable.store(true, Ordering::Release);
        }
    }

    /// Denies all further requests of users, roles and groups whose entries in `readable` differ or are missing.
    pub(crate) fn refuse_changed(&self, readable: &PolicyStore) {
        for (name, group) in &self.groups {
            let now = readable.get_group(name);
            if !now.is_some_and(|now| now.is_same(&group.policies)) {
                group.is_unavailable.store(true, Ordering::Release);
            }
        }
        for (key, identity) in self.identities.iter() {
            let now = readable.get_by_key(key);
            if !now.is_some_and(|now| now.is_same(&identity.policies)) {
                identity.is_unavailable.store(true, Ordering::Release);
            }
        }
    }

    /// Decides the requests of all users, roles and groups again, because the source has confirmed these policies.
    #[cfg(feature = "refresh")]
    pub(crate) fn readmit(&self) {
        for group in self.groups.values() {
            group.is_unavailable.store(false, Ordering::Release);
        }
        for (_, identity) in self.identities.iter() {
            identity.is_unavailable.store(false, Ordering::Release);
        }
    }

    /// Every program. The [numbers](Identity::identity_programs) of an identity's are indices.
    #[inline]
    pub(super) fn programs(&self) -> &[Arc<Program>] {
        &self.programs
    }
}

/// Compiles policies that always occur together.
pub(crate) fn compile(
    policies: &[Policy],
    services: &[Arc<ActionNames>],
) -> Result<Program, TooLarge> {
    let program = Program::compile(policies)?;
    services.iter().for_each(|names| program.prepare(names));
    Ok(program)
}

static NOBODY: LazyLock<Identity> = LazyLock::new(|| Identity::without_policies(false));
/// With an empty permissions boundary, which policies of groups cannot exceed.
static BOUNDED: LazyLock<Identity> = LazyLock::new(|| Identity {
    policies: PrincipalPolicies::with_empty_boundary(),
    permissions_boundary: Some(Box::default()),
    ..Identity::without_policies(false)
});
static UNAVAILABLE: LazyLock<Identity> = LazyLock::new(|| Identity::without_policies(true));

impl Identity {
    fn without_policies(is_unavailable: bool) -> Self {
        Self {
            policies: NO_POLICIES.clone(),
            identity: SmallVec::new(),
            permissions_boundary: None,
            asks_for_completed_keys: false,
            is_unavailable: AtomicBool::new(is_unavailable),
        }
    }

    /// The numbers of the programs of the identity-based policies.
    #[inline]
    pub(super) fn identity_programs(&self) -> &[u32] {
        &self.identity
    }

    /// The numbers of the programs of the permissions boundary, if there is one.
    #[inline]
    pub(super) fn boundary_programs(&self) -> Option<&[u32]> {
        self.permissions_boundary.as_deref()
    }

    /// Returns the policies and attributes in the source.
    pub(crate) const fn policies(&self) -> &PrincipalPolicies {
        &self.policies
    }

    /// Whether all requests are denied, because the current content of the policies is unknown.
    #[inline]
    pub(crate) fn is_unavailable(&self) -> bool {
        self.is_unavailable.load(Ordering::Acquire)
    }

    /// Whether a condition or variable uses a key that the source provides.
    pub(crate) const fn needs_enrichment(&self) -> bool {
        self.asks_for_completed_keys
    }
}

/// Keeps a snapshot alive.
///
/// As long as a thread has only a few guards at a time, they do not change the reference count, so the decisions of two
/// threads do not write to the same memory.
pub(crate) struct SnapshotGuard(Kept);

/// What keeps a snapshot alive.
enum Kept {
    Snapshot(Guard<Arc<Snapshot>>),
    #[cfg(feature = "on-demand")]
    Owner(Arc<dyn SnapshotOwner>),
}

/// Something that contains a snapshot.
#[cfg(feature = "on-demand")]
pub(crate) trait SnapshotOwner: Send + Sync {
    /// Returns the snapshot.
    fn snapshot(&self) -> &Snapshot;
}

impl SnapshotGuard {
    pub(crate) const fn new(guard: Guard<Arc<Snapshot>>) -> Self {
        Self(Kept::Snapshot(guard))
    }

    /// Keeps `owner` alive, and its snapshot with it.
    #[cfg(feature = "on-demand")]
    pub(crate) const fn of_owner(owner: Arc<dyn SnapshotOwner>) -> Self {
        Self(Kept::Owner(owner))
    }

    #[inline]
    pub(crate) fn snapshot(&self) -> &Snapshot {
        match &self.0 {
            Kept::Snapshot(snapshot) => snapshot,
            #[cfg(feature = "on-demand")]
            Kept::Owner(owner) => owner.snapshot(),
        }
    }

    /// Returns the policy of a statement of a program, and its index in the policy.
    pub(crate) fn place(&self, program: u32, statement: u32) -> (&Policy, usize) {
        self.snapshot()
            .programs
            .get(program as usize)
            .and_then(|program| program.place(statement))
            // INVARIANT: only statements of the snapshot are cited.
            .unwrap_or((&UNAVAILABLE_POLICY, 0))
    }
}

static UNAVAILABLE_POLICY: LazyLock<Policy> = LazyLock::new(Policy::unavailable);

impl Clone for SnapshotGuard {
    fn clone(&self) -> Self {
        Self(match &self.0 {
            Kept::Snapshot(snapshot) => Kept::Snapshot(Guard::from_inner(Arc::clone(snapshot))),
            #[cfg(feature = "on-demand")]
            Kept::Owner(owner) => Kept::Owner(Arc::clone(owner)),
        })
    }
}

impl fmt::Debug for SnapshotGuard {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("SnapshotGuard")
    }
}
