//! The policies of an authorizer, from one load of its source to the next.

use std::fmt;
use std::ops::Deref;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};

use arc_swap::{ArcSwap, Guard};

use crate::eval::compiled::{Snapshot, SnapshotGuard};

/// The policies as one load of the source found them.
///
/// All checks of one request are decided by the same state. A request may keep it for as long as it likes, because a state
/// is small: it gives up its policies where too many states are in use, see [`MOST_REPLACED`], and refuses everything then.
pub(crate) struct PolicyState {
    /// The states that this one belongs to: those of one authorizer.
    #[cfg_attr(
        not(any(feature = "axum", feature = "actix")),
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

    /// The policies, for one decision.
    #[inline]
    pub(crate) fn lease(&self) -> SnapshotGuard {
        SnapshotGuard::new(self.snapshot.load())
    }

    /// Frees the policies. Decisions that are being made are finished by them.
    fn release(&self) {
        self.snapshot.store(Arc::new(Snapshot::unavailable()));
    }
}

impl fmt::Debug for PolicyState {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("PolicyState")
    }
}

/// How many states that a reload has replaced keep their policies for the requests that are still decided by them.
///
/// Beyond that the oldest are released, and requests that began before so many reloads are answered 503. Otherwise callers
/// who keep requests open would multiply the memory that policies take.
pub(crate) const MOST_REPLACED: usize = 8;

/// The states of one authorizer.
pub(crate) struct PolicyStates {
    /// A number that no other authorizer of the process has.
    number: u64,
    current: ArcSwap<PolicyState>,
    /// What reloads have replaced, from the oldest on. Locked while policies are loaded, so that an older state of the
    /// source never replaces a newer one. Decisions do not look at it.
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

    /// The policies as they are now.
    #[inline]
    pub(crate) fn current(&self) -> Guard<Arc<PolicyState>> {
        self.current.load()
    }

    /// The policies as they are now, for a whole request.
    #[cfg(any(feature = "axum", feature = "actix"))]
    pub(crate) fn current_shared(&self) -> Arc<PolicyState> {
        self.current.load_full()
    }

    /// Whether `state` is one of these.
    #[cfg(any(feature = "axum", feature = "actix"))]
    pub(crate) const fn have(&self, state: &PolicyState) -> bool {
        self.number == state.states
    }

    /// Waits until nobody else replaces the policies.
    pub(crate) fn replacing(&self) -> Replacing<'_> {
        Replacing {
            states: self,
            // What a panic of the source leaves behind is the old state, which is fine.
            replaced: self.replaced.lock().unwrap_or_else(PoisonError::into_inner),
        }
    }
}

/// The right to replace the policies.
pub(crate) struct Replacing<'a> {
    states: &'a PolicyStates,
    replaced: MutexGuard<'a, Vec<Weak<PolicyState>>>,
}

impl Replacing<'_> {
    /// Decides by `snapshot` from now on, except for requests that have begun.
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

/// The state that a guard decides by.
#[derive(Debug)]
pub(crate) enum Pinned<'a> {
    /// Kept by the guard itself.
    Own(Guard<Arc<PolicyState>>),
    /// Kept by what the guard was made from.
    Borrowed(&'a PolicyState),
}

impl Pinned<'_> {
    /// The same state, kept by this.
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
