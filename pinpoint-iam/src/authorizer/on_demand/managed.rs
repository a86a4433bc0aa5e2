//! The managed policies that principals share, compiled once for each name and version.

use std::collections::HashMap;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};

use crate::policy_stack::Policy;
use crate::program::Program;
use crate::source::{Change, ManagedPolicy};

/// A managed policy with its program.
pub(super) struct ManagedProgram {
    key: ManagedPolicy,
    pub(super) policy: Policy,
    pub(super) program: Arc<Program>,
    bytes: u64,
    /// The sum for all programs.
    total: Arc<AtomicU64>,
}

impl ManagedProgram {
    pub(super) fn name(&self) -> &str {
        self.key.name()
    }
}

impl Drop for ManagedProgram {
    fn drop(&mut self) {
        self.total.fetch_sub(self.bytes, Ordering::Relaxed);
    }
}

/// The use of a policy. A policy is checked for each use.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) enum Use {
    Identity,
    Boundary,
}

/// The managed policies in use. An entry of the cache keeps its policies; the last one releases them.
#[derive(Default)]
pub(super) struct ManagedPolicies {
    compiled: Mutex<Compiled>,
    total: Arc<AtomicU64>,
}

#[derive(Default)]
struct Compiled {
    /// The number of invalidations that concerned managed policies.
    invalidations: u64,
    programs: HashMap<(ManagedPolicy, Use), Weak<ManagedProgram>>,
}

impl ManagedPolicies {
    fn lock(&self) -> MutexGuard<'_, Compiled> {
        // Every change leaves a consistent state, so poisoning is harmless.
        self.compiled.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Returns the number of invalidations so far, which a load notes when it starts.
    pub(super) fn invalidations(&self) -> u64 {
        self.lock().invalidations
    }

    /// Returns the program of a policy, if it is compiled.
    pub(super) fn get(&self, policy: &ManagedPolicy, used: Use) -> Option<Arc<ManagedProgram>> {
        let programs = &self.lock().programs;
        programs.get(&(policy.clone(), used))?.upgrade()
    }

    /// Adds a program. It is shared with later loads unless a policy was invalidated since the load started, because the
    /// document may be older. Returns the program of another load that was faster, if there is one.
    pub(super) fn insert(
        &self,
        key: ManagedPolicy,
        used: Use,
        policy: Policy,
        program: Program,
        bytes: u64,
        started: u64,
    ) -> Arc<ManagedProgram> {
        self.total.fetch_add(bytes, Ordering::Relaxed);
        let new = Arc::new(ManagedProgram {
            key: key.clone(),
            policy,
            program: Arc::new(program),
            bytes,
            total: Arc::clone(&self.total),
        });
        let mut compiled = self.lock();
        if compiled.invalidations != started {
            return new;
        }
        let programs = &mut compiled.programs;
        if let Some(known) = programs.get(&(key.clone(), used)).and_then(Weak::upgrade) {
            return known;
        }
        if programs.len() == programs.capacity() {
            // Before the map grows, and so in constant time on average.
            programs.retain(|_, program| program.strong_count() > 0);
        }
        programs.insert((key, used), Arc::downgrade(&new));
        new
    }

    /// Forgets the programs that `change` concerns.
    pub(super) fn invalidate(&self, change: &Change) {
        let mut compiled = self.lock();
        match change {
            Change::Policy(name) => {
                compiled.invalidations += 1;
                let programs = &mut compiled.programs;
                programs.retain(|(policy, _), _| policy.name() != &**name);
            }
            Change::Everything => {
                compiled.invalidations += 1;
                compiled.programs.clear();
            }
            Change::Identity(_) | Change::Group(_) => {}
        }
    }

    /// Returns the number of programs in use.
    pub(super) fn len(&self) -> usize {
        let programs = &self.lock().programs;
        let in_use = programs
            .values()
            .filter(|program| program.strong_count() > 0);
        in_use.count()
    }

    /// Returns an estimate of the memory of all programs, in bytes.
    pub(super) fn bytes(&self) -> u64 {
        self.total.load(Ordering::Relaxed)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::policy::Document;

    /// Lets a load that has noted `started` insert the policy `read`.
    fn insert(managed: &ManagedPolicies, started: u64) -> Arc<ManagedProgram> {
        let policy = Policy::new("read", Document::deny_everything());
        let program = Program::compile(std::slice::from_ref(&policy)).expect("one policy is small");
        let key = ManagedPolicy::new("read", "v1");
        managed.insert(key, Use::Identity, policy, program, 100, started)
    }

    #[test]
    fn a_program_from_before_an_invalidation_is_not_shared() {
        let read = ManagedPolicy::new("read", "v1");
        for change in [Change::Policy("read".into()), Change::Everything] {
            let managed = ManagedPolicies::default();
            let started = managed.invalidations();
            managed.invalidate(&change);
            let own = insert(&managed, started);
            assert!(managed.get(&read, Use::Identity).is_none());
            let current = insert(&managed, managed.invalidations());
            let shared = managed.get(&read, Use::Identity).expect("is current");
            assert!(Arc::ptr_eq(&shared, &current) && !Arc::ptr_eq(&shared, &own));
            // A boundary is checked separately.
            assert!(managed.get(&read, Use::Boundary).is_none());
            managed.invalidate(&change);
            assert!(managed.get(&read, Use::Identity).is_none());
        }
    }
}
