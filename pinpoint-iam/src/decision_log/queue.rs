//! Decisions that wait to be written, as compact owned data.

use std::time::{Duration, Instant};

use crate::arn::Scope;
use crate::decision_log::entry::{Entry, EntryAction, EntryResult, Lengths, ResultKind, Texts};
use crate::eval::MissingKeys;
use crate::freshness::Revision;
use crate::policy_stack::Policy;
use crate::principal::Principal;

/// The memory for texts that an empty queue keeps, in bytes.
const MOST_KEPT: usize = 1 << 20;

/// Decisions in the order in which they were made.
///
/// Nothing is allocated for a single decision: the texts of all are in one vector, and what consecutive decisions have
/// in common is kept once, so that its reference count, which other threads may use as well, rarely changes.
#[derive(Default)]
pub(super) struct Queue {
    decisions: Vec<Queued>,
    texts: Vec<u8>,
    principals: Vec<Principal>,
    policies: Vec<Policy>,
    revisions: Vec<Revision>,
    scopes: Vec<Scope>,
}

/// One decision, with positions in the other vectors of its queue.
struct Queued {
    at: Instant,
    duration: Duration,
    kind: ResultKind,
    statement: Option<(usize, usize)>,
    needs: Option<MissingKeys>,
    principal: usize,
    revision: usize,
    action: EntryAction,
    scope: Option<usize>,
    /// Where its texts start.
    start: usize,
    lengths: Lengths,
}

/// Returns the position of `value`, which is added unless it is the last one.
fn position<T: Clone>(values: &mut Vec<T>, value: &T, is_same: impl Fn(&T, &T) -> bool) -> usize {
    if !values.last().is_some_and(|last| is_same(last, value)) {
        values.push(value.clone());
    }
    values.len().saturating_sub(1)
}

impl Queue {
    pub(super) const fn new() -> Self {
        Self {
            decisions: Vec::new(),
            texts: Vec::new(),
            principals: Vec::new(),
            policies: Vec::new(),
            revisions: Vec::new(),
            scopes: Vec::new(),
        }
    }

    pub(super) const fn len(&self) -> usize {
        self.decisions.len()
    }

    #[inline]
    pub(super) fn push(&mut self, entry: &Entry<'_>) {
        let EntryResult {
            kind,
            statement,
            needs,
        } = entry.result;
        let queued = Queued {
            at: entry.at,
            duration: entry.duration,
            kind,
            statement: statement.map(|(policy, index)| {
                let policy = position(&mut self.policies, policy, Policy::is);
                (policy, index)
            }),
            needs: needs.cloned(),
            principal: position(&mut self.principals, entry.principal, Principal::is_same),
            revision: position(&mut self.revisions, entry.revision, PartialEq::eq),
            action: entry.action,
            scope: entry
                .scope
                .map(|scope| position(&mut self.scopes, scope, PartialEq::eq)),
            start: self.texts.len(),
            lengths: entry.texts.lengths,
        };
        self.texts.extend_from_slice(entry.texts.bytes);
        self.decisions.push(queued);
    }

    /// Removes the decisions from the one at `length` on.
    pub(super) fn truncate(&mut self, length: usize) {
        if length == 0 {
            self.clear();
        } else if let Some(first) = self.decisions.get(length) {
            self.texts.truncate(first.start);
            self.decisions.truncate(length);
        }
    }

    pub(super) fn clear(&mut self) {
        self.decisions.clear();
        self.texts.clear();
        self.texts.shrink_to(MOST_KEPT);
        self.principals.clear();
        self.policies.clear();
        self.revisions.clear();
        self.scopes.clear();
    }

    /// Returns the decisions from the one at `start` on, in batches of `size`.
    pub(super) fn batches(&self, start: usize, size: usize) -> impl Iterator<Item = Batch<'_>> {
        let decisions = self.decisions.get(start..).unwrap_or_default();
        decisions.chunks(size).map(|decisions| Batch {
            queue: self,
            decisions,
        })
    }

    fn entry<'a>(&'a self, queued: &'a Queued) -> Option<Entry<'a>> {
        Some(Entry {
            at: queued.at,
            duration: queued.duration,
            result: EntryResult {
                kind: queued.kind,
                statement: match queued.statement {
                    Some((policy, index)) => Some((self.policies.get(policy)?, index)),
                    None => None,
                },
                needs: queued.needs.as_ref(),
            },
            principal: self.principals.get(queued.principal)?,
            revision: self.revisions.get(queued.revision)?,
            action: queued.action,
            scope: match queued.scope {
                Some(scope) => Some(self.scopes.get(scope)?),
                None => None,
            },
            texts: Texts {
                bytes: self.texts.get(queued.start..)?,
                lengths: queued.lengths,
            },
        })
    }
}

/// Some of the decisions in a queue.
pub(super) struct Batch<'q> {
    queue: &'q Queue,
    decisions: &'q [Queued],
}

impl<'q> Batch<'q> {
    pub(super) const fn len(&self) -> usize {
        self.decisions.len()
    }

    /// Returns the decisions. `None` would be one that refers to what the queue does not contain, and counts as a failure.
    pub(super) fn entries(&self) -> impl Iterator<Item = Option<Entry<'q>>> {
        let Self { queue, decisions } = *self;
        decisions.iter().map(|queued| queue.entry(queued))
    }
}
