//! The policies of an authorizer across reloads of its source.

use std::fmt;
use std::ops::Deref;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};

use arc_swap::{ArcSwap, Guard};

use crate::eval::snapshot::{Snapshot, SnapshotGuard};

/// The policies loaded by one load of the source.
///
/// All checks of one request use the same state. A request may keep a state for any time, because a state is small. If
/// too many states are in use, see [`MOST_REPLACED`], it releases its policies and then denies all requests.
pub(crate) struct PolicyState {
    /// The number of the [`PolicyStates`] that contains this state, which identifies one authorizer.
    #[cfg_attr(
        not(feature = "_web"),
        expect(dead_code, reason = "only the web layer keeps states between calls")
    )]
    states: u64,
    snapshot: ArcSwap<Snapshot>,
}

impl PolicyState {
    fn new(states: u64, snapshot: Snapshot) -> Self {
        Self {
            states,
            snapshot: ArcSwap::from_pointee(snapshot),
        }
    }

    /// Returns the policies for one decision.
    #[inline]
    pub(crate) fn lease(&self) -> SnapshotGuard {
        SnapshotGuard::new(self.snapshot.load())
    }

    /// Releases the policies. Decisions that have started can finish.
    fn release(&self) {
        self.snapshot.store(Arc::new(Snapshot::unavailable()));
    }
}

impl fmt::Debug for PolicyState {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("PolicyState")
    }
}

/// The number of replaced states that keep their policies for the requests that still use them.
///
/// The oldest states beyond this number are released, and requests that still use them get 503. Otherwise callers could
/// multiply the memory for policies by keeping requests open.
pub(crate) const MOST_REPLACED: usize = 8;

pub(crate) struct PolicyStates {
    /// A number that is unique among the authorizers of the process.
    number: u64,
    current: ArcSwap<PolicyState>,
    /// The replaced states, oldest first. Locked while policies are loaded, so that an older state of the source never
    /// replaces a newer one. Decisions do not lock it.
    replaced: Mutex<Vec<Weak<PolicyState>>>,
}

impl PolicyStates {
    pub(crate) fn new(snapshot: Snapshot) -> Self {
        static NEXT: AtomicU64 = AtomicU64::new(0);
        let number = NEXT.fetch_add(1, Ordering::Relaxed);
        Self {
            number,
            current: ArcSwap::from_pointee(PolicyState::new(number, snapshot)),
            replaced: Mutex::default(),
        }
    }

    /// Returns the current policies.
    #[inline]
    pub(crate) fn current(&self) -> Guard<Arc<PolicyState>> {
        self.current.load()
    }

    /// Returns the current policies for a whole request.
    #[cfg(feature = "_web")]
    pub(crate) fn current_shared(&self) -> Arc<PolicyState> {
        self.current.load_full()
    }

    /// Whether this collection contains `state`.
    #[cfg(feature = "_web")]
    pub(crate) const fn have(&self, state: &PolicyState) -> bool {
        self.number == state.states
    }

    /// Waits until no other thread is replacing the policies.
    pub(crate) fn replacing(&self) -> Replacing<'_> {
        Replacing {
            states: self,
            // If the source panicked, the old state is still in use, so poisoning is harmless.
            replaced: self.replaced.lock().unwrap_or_else(PoisonError::into_inner),
        }
    }
}

/// The permission to replace the policies.
pub(crate) struct Replacing<'a> {
    states: &'a PolicyStates,
    replaced: MutexGuard<'a, Vec<Weak<PolicyState>>>,
}

impl Replacing<'_> {
    /// Uses `snapshot` from now on, except for requests that have already started.
    pub(crate) fn replace(mut self, snapshot: Snapshot) {
        let state = Arc::new(PolicyState::new(self.states.number, snapshot));
        let old = self.states.current.swap(state);
        self.replaced.push(Arc::downgrade(&old));
        drop(old);
        self.replaced.retain(|state| state.strong_count() > 0);
        let surplus = self.replaced.len().saturating_sub(MOST_REPLACED);
        for state in self.replaced.drain(..surplus) {
            if let Some(state) = state.upgrade() {
                state.release();
            }
        }
    }
}

/// The state that a guard uses.
#[derive(Debug)]
pub(crate) enum Pinned<'a> {
    /// Owned by the guard.
    Own(Guard<Arc<PolicyState>>),
    /// Borrowed from another guard or from the request.
    Borrowed(&'a PolicyState),
}

impl Pinned<'_> {
    /// Borrows the state.
    pub(crate) fn borrowed(&self) -> Pinned<'_> {
        Pinned::Borrowed(self)
    }
}

impl Deref for Pinned<'_> {
    type Target = PolicyState;

    #[inline]
    fn deref(&self) -> &PolicyState {
        match self {
            Self::Own(state) => state,
            Self::Borrowed(state) => state,
        }
    }
}

impl Clone for Pinned<'_> {
    fn clone(&self) -> Self {
        match self {
            Self::Own(state) => Self::Own(Guard::from_inner(Arc::clone(state))),
            Self::Borrowed(state) => Self::Borrowed(state),
        }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Weak;

    use super::*;
    use crate::source::PolicyStore;

    fn snapshot() -> Snapshot {
        Snapshot::of(PolicyStore::new(), &[]).expect("no policies are few")
    }

    /// A state and its policies.
    fn in_use(states: &PolicyStates) -> (Arc<PolicyState>, Weak<Snapshot>) {
        let state = Guard::into_inner(states.current());
        let policies = Arc::downgrade(&state.snapshot.load_full());
        (state, policies)
    }

    #[test]
    fn policies_of_no_more_than_a_few_replaced_states_are_kept() {
        let states = PolicyStates::new(snapshot());
        let in_use: Vec<_> = (0..2 * MOST_REPLACED)
            .map(|_| {
                let in_use = in_use(&states);
                states.replacing().replace(snapshot());
                in_use
            })
            .collect();
        let is_kept = |(_, policies): &(_, Weak<_>)| policies.strong_count() > 0;
        let (old, new) = in_use.split_at(MOST_REPLACED);
        assert!(!old.iter().any(is_kept));
        assert!(new.iter().all(is_kept));
    }

    #[test]
    fn policies_that_no_request_uses_are_freed_when_they_are_replaced() {
        let states = PolicyStates::new(snapshot());
        let (state, policies) = in_use(&states);
        states.replacing().replace(snapshot());
        assert_eq!(policies.strong_count(), 1);
        drop(state);
        assert_eq!(policies.strong_count(), 0);
        let (state, policies) = in_use(&states);
        drop(state);
        states.replacing().replace(snapshot());
        assert_eq!(policies.strong_count(), 0);
    }
}
