//! The compiled policies of a deployment, and their assignment to principals.

use std::fmt;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, LazyLock};

use arc_swap::Guard;

use crate::identity::{IdentityKey, IdentityMap};
use crate::policy_stack::Policy;
use crate::principal::Principal;
use crate::program::{ActionNames, PolicyGroups, Program, TooLarge};
use crate::source::{NO_POLICIES, PolicyStore, PrincipalPolicies};

/// The policies of a deployment at one time. They are immutable, except that identities can be marked as unavailable.
#[derive(Debug)]
pub(crate) struct Snapshot {
    programs: Box<[Program]>,
    identities: IdentityMap<Identity>,
    /// The entry for principals that are not in the source.
    others: &'static Identity,
}

/// A user or role, with its programs.
#[derive(Debug)]
pub(crate) struct Identity {
    policies: PrincipalPolicies,
    identity: Box<[u32]>,
    permissions_boundary: Option<Box<[u32]>>,
    asks_for_completed_keys: bool,
    /// Whether a later load failed, and could not read one of the policies or read different ones.
    is_unavailable: AtomicBool,
}

impl Snapshot {
    /// Compiles the policies of `store`, and resolves patterns over actions for `services`.
    pub(crate) fn of(store: PolicyStore, services: &[Arc<ActionNames>]) -> Result<Self, TooLarge> {
        let identities = store.into_identities();
        let mut runs = PolicyGroups::default();
        for policies in identities.values() {
            runs.add(policies.identity());
            runs.add(policies.boundary());
        }
        let cut = runs.cut()?;
        let programs: Box<[Program]> = cut
            .runs
            .iter()
            .map(|run| {
                let program = Program::compile(run)?;
                services.iter().for_each(|names| program.prepare(names));
                Ok(program)
            })
            .collect::<Result<_, TooLarge>>()?;
        let identities = identities.map(|policies| {
            let identity = cut.groups_of(policies.identity());
            let boundary = cut.groups_of(policies.boundary());
            let asks = |number: &u32| {
                let program = programs.get(*number as usize);
                program.is_some_and(Program::needs_enrichment)
            };
            Identity {
                asks_for_completed_keys: identity.iter().chain(&*boundary).any(asks),
                identity,
                permissions_boundary: policies.permissions_boundary().map(|_| boundary),
                policies,
                is_unavailable: AtomicBool::new(false),
            }
        });
        Ok(Self {
            programs,
            identities,
            others: &NOBODY,
        })
    }

    /// Creates a snapshot without usable policies, which denies all requests.
    pub(crate) fn unavailable() -> Self {
        Self {
            programs: Box::default(),
            identities: IdentityMap::default(),
            others: &UNAVAILABLE,
        }
    }

    /// Returns the number of users and roles.
    pub(crate) const fn len(&self) -> usize {
        self.identities.len()
    }

    /// Returns the entry for `principal`.
    #[inline]
    pub(crate) fn identity(&self, principal: &Principal) -> &Identity {
        principal
            .identity()
            .and_then(|identity| self.identities.get(&identity))
            .unwrap_or(self.others)
    }

    /// Denies all further requests of a user or role, if the snapshot contains it.
    pub(crate) fn refuse(&self, arn: &str) {
        let found = IdentityKey::parse(arn).and_then(|key| self.identities.get_by_key(&key));
        if let Some(identity) = found {
            identity.is_unavailable.store(true, Ordering::Release);
        }
    }

    /// Denies all further requests of users and roles whose entries in `readable` differ or are missing.
    pub(crate) fn refuse_changed(&self, readable: &PolicyStore) {
        for (key, identity) in self.identities.iter() {
            let now = readable.get_by_key(key);
            if !now.is_some_and(|now| now.is_same(&identity.policies)) {
                identity.is_unavailable.store(true, Ordering::Release);
            }
        }
    }

    /// Every program. The [numbers](Identity::identity_programs) of an identity's are indices.
    #[inline]
    pub(super) const fn programs(&self) -> &[Program] {
        &self.programs
    }
}

static NOBODY: LazyLock<Identity> = LazyLock::new(|| Identity::without_policies(false));
static UNAVAILABLE: LazyLock<Identity> = LazyLock::new(|| Identity::without_policies(true));

impl Identity {
    fn without_policies(is_unavailable: bool) -> Self {
        Self {
            policies: NO_POLICIES.clone(),
            identity: Box::default(),
            permissions_boundary: None,
            asks_for_completed_keys: false,
            is_unavailable: AtomicBool::new(is_unavailable),
        }
    }

    /// The numbers of the programs of the identity-based policies.
    #[inline]
    pub(super) const fn identity_programs(&self) -> &[u32] {
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
pub(crate) struct SnapshotGuard(Guard<Arc<Snapshot>>);

impl SnapshotGuard {
    pub(crate) const fn new(guard: Guard<Arc<Snapshot>>) -> Self {
        Self(guard)
    }

    #[inline]
    pub(crate) fn snapshot(&self) -> &Snapshot {
        &self.0
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
        Self(Guard::from_inner(Arc::clone(&self.0)))
    }
}

impl fmt::Debug for SnapshotGuard {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("SnapshotGuard")
    }
}
