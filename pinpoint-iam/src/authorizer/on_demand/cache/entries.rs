//! The entries themselves.

use std::hash::{Hash, RandomState};
use std::sync::Arc;

use quick_cache::Equivalent;
use quick_cache::sync::Cache;

use crate::states::PolicyState;

use super::{Bytes, Control, EntryKey, Evictions};

/// The entries. Reading them needs no lock.
///
/// Adding and removing them needs the value that a lock protects, so that an invalidation finds a state either here or
/// marked: without the lock, it could be called after an entry was removed and before its state is marked.
pub(super) struct Entries(Cache<EntryKey, Arc<PolicyState>, Bytes, RandomState, Evictions>);

impl Entries {
    pub(super) fn new(items: usize, max_bytes: u64, evictions: Evictions) -> Self {
        Self(Cache::with(
            items,
            max_bytes,
            Bytes,
            RandomState::new(),
            evictions,
        ))
    }

    /// Returns the state of a principal, which then counts as used.
    #[inline]
    pub(super) fn get<K: Hash + Equivalent<EntryKey>>(&self, key: &K) -> Option<Arc<PolicyState>> {
        self.0.get(key)
    }

    /// Returns the state of a principal, which does not count as used.
    pub(super) fn peek<K: Hash + Equivalent<EntryKey>>(&self, key: &K) -> Option<Arc<PolicyState>> {
        self.0.peek(key)
    }

    pub(super) fn insert(&self, _: &mut Control, key: EntryKey, state: Arc<PolicyState>) {
        self.0.insert(key, state);
    }

    /// Removes the entries except those that `keeps` selects.
    pub(super) fn retain(&self, _: &mut Control, keeps: impl Fn(&EntryKey) -> bool) {
        self.0.retain(|key, _| keeps(key));
    }

    pub(super) fn clear(&self, _: &mut Control) {
        self.0.clear();
    }

    pub(super) fn len(&self) -> usize {
        self.0.len()
    }

    pub(super) fn bytes(&self) -> u64 {
        self.0.weight()
    }
}
