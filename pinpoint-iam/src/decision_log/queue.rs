//! Decisions that wait to be written, as compact owned data.

use crate::arn::Scope;
use crate::decision_log::clock::ClockReading;
use crate::decision_log::entry::{
    AppendTexts, Entry, EntryAction, EntryResult, Lengths, QueuedTexts, ResultKind,
};
use crate::decision_log::record::RecordedList;
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
    needs: Vec<MissingKeys>,
    lists: Vec<RecordedList>,
}

/// One decision, with positions in the other vectors of its queue. It is small, because writing it to memory that the
/// log's thread has read is most of the cost of a record.
struct Queued {
    started: ClockReading,
    at: ClockReading,
    action: EntryAction,
    /// Where its texts start.
    start: usize,
    lengths: Lengths,
    principal: u32,
    revision: u32,
    scope: u32,
    result: QueuedResult,
    names_scope: bool,
}

/// A result. The kind determines what else it has.
struct QueuedResult {
    kind: ResultKind,
    /// The policy of the statement, the keys that are not known, or the list.
    position: u32,
    /// The index of the statement in its policy.
    statement: u32,
}

/// Returns the number of a position. More than 32 bits can count do not fit into memory.
fn number(position: usize) -> u32 {
    u32::try_from(position).unwrap_or(u32::MAX)
}

/// Returns the position of `value`, which is added unless it is the last one.
#[inline]
fn position<T: Clone>(values: &mut Vec<T>, value: &T, is_same: impl Fn(&T, &T) -> bool) -> u32 {
    if !values.last().is_some_and(|last| is_same(last, value)) {
        values.push(value.clone());
    }
    number(values.len().saturating_sub(1))
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
            needs: Vec::new(),
            lists: Vec::new(),
        }
    }

    pub(super) const fn len(&self) -> usize {
        self.decisions.len()
    }

    #[inline]
    pub(super) fn push<T: AppendTexts>(&mut self, entry: &Entry<'_, T>) {
        let result = self.add_result(&entry.result);
        let start = self.texts.len();
        let queued = Queued {
            started: entry.started,
            at: entry.at,
            action: entry.action,
            start,
            lengths: entry.texts.append(&mut self.texts),
            principal: position(&mut self.principals, entry.principal, Principal::is_same),
            revision: position(&mut self.revisions, entry.revision, PartialEq::eq),
            scope: position(&mut self.scopes, entry.scope, PartialEq::eq),
            result,
            names_scope: entry.names_scope,
        };
        self.decisions.push(queued);
    }

    #[inline]
    fn add_result(&mut self, result: &EntryResult<'_>) -> QueuedResult {
        let EntryResult {
            kind,
            statement,
            needs,
            list,
        } = *result;
        let (position, statement) = match (statement, needs, list) {
            (Some((policy, index)), _, _) => {
                let policy = position(&mut self.policies, policy, Policy::is);
                (policy, number(index))
            }
            (None, Some(needs), _) => {
                self.needs.push(needs.clone());
                (number(self.needs.len().saturating_sub(1)), 0)
            }
            (None, None, Some(list)) => {
                self.lists.push(list);
                (number(self.lists.len().saturating_sub(1)), 0)
            }
            (None, None, None) => (0, 0),
        };
        QueuedResult {
            kind,
            position,
            statement,
        }
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
        self.needs.clear();
        self.lists.clear();
    }

    /// Returns the decisions from the one at `start` on, in batches of `size`.
    pub(super) fn batches(&self, start: usize, size: usize) -> impl Iterator<Item = Batch<'_>> {
        let decisions = self.decisions.get(start..).unwrap_or_default();
        decisions.chunks(size).map(|decisions| Batch {
            queue: self,
            decisions,
        })
    }

    fn entry<'a>(&'a self, queued: &'a Queued) -> Option<Entry<'a, QueuedTexts<'a>>> {
        Some(Entry {
            started: queued.started,
            at: queued.at,
            result: self.result(&queued.result)?,
            principal: self.principals.get(queued.principal as usize)?,
            revision: self.revisions.get(queued.revision as usize)?,
            action: queued.action,
            scope: self.scopes.get(queued.scope as usize)?,
            names_scope: queued.names_scope,
            texts: QueuedTexts {
                bytes: self.texts.get(queued.start..)?,
                lengths: queued.lengths,
            },
        })
    }

    fn result(&self, queued: &QueuedResult) -> Option<EntryResult<'_>> {
        let position = queued.position as usize;
        let mut result = EntryResult::from(queued.kind);
        match queued.kind {
            ResultKind::Cited { .. } => {
                let policy = self.policies.get(position)?;
                result.statement = Some((policy, queued.statement as usize));
            }
            ResultKind::Indeterminate | ResultKind::Undecided => {
                result.needs = Some(self.needs.get(position)?);
            }
            ResultKind::List => result.list = Some(*self.lists.get(position)?),
            ResultKind::RootUser | ResultKind::ImplicitDeny(_) | ResultKind::Unusable(_) => {}
        }
        Some(result)
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
    pub(super) fn entries(&self) -> impl Iterator<Item = Option<Entry<'q, QueuedTexts<'q>>>> {
        let Self { queue, decisions } = *self;
        decisions.iter().map(|queued| queue.entry(queued))
    }
}
