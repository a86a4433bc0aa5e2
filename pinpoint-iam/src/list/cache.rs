//! Constraints of earlier requests, and what they depend on.
//!
//! Most of a list does not depend on the request: which statements are about the action, how their patterns are aligned
//! with ARNs, how conditions become comparisons of columns, and how all of it is simplified. A constraint is therefore
//! kept with everything that was [read](Facts) from its request. If all of this is the same for a later request, the
//! constraint is the same as well. Nothing is evaluated in another way than without the cache.

use std::cell::RefCell;
use std::collections::HashMap;
use std::fmt;
use std::hash::{DefaultHasher, Hash as _, Hasher as _};
use std::sync::{Arc, Weak};

use arc_swap::ArcSwap;

use super::columns::Columns;
use super::error::ListError;
use super::node::Node;
use super::predicate::Constraint;
use super::{constrained, relations};
use crate::action::ActionMetadata;
use crate::condition::Condition;
use crate::context::{ConditionKey, ContextLookup, Lookup, Value};
use crate::eval::Truth;
use crate::eval::combine::AccountRelation;
use crate::eval::compiled::Compiled;
use crate::eval::program_stack::{ProgramSelection, ProgramStack};
use crate::eval::walk::ReferenceEvaluation;
use crate::policy::Effect;
use crate::program::Program;
use crate::request::Request;

/// The maximum number of constraints.
const MOST_CONSTRAINTS: usize = 256;

/// The maximum size of all constraints together, in bytes of their texts and for each part.
const LARGEST_SIZE: usize = 16 << 20;

/// The maximum number of reads of one constraint. If a request is compared with more, evaluating it costs as much.
const MOST_READS: usize = 4_096;

/// Keeps constraints for later requests with the same policies, action and columns, and with the same facts as far as the
/// constraint depends on them.
///
/// An [`Authorizer`](crate::Authorizer) has a cache of its own. Use this type with [`Compiled`] policies. A constraint
/// that depends on the time, for example, is used as long as the conditions on the time have the same results.
///
/// A cache contains at most 256 constraints and about 16 MiB, and forgets the oldest ones. It keeps no policies alive.
///
/// ```
/// use pinpoint_iam::context::Context;
/// use pinpoint_iam::eval::compiled::Compiled;
/// use pinpoint_iam::list::{Columns, Constraint, ConstraintCache};
/// use pinpoint_iam::request::{Request, RequestedAction};
/// use pinpoint_iam::resource::RequestedResource;
/// use pinpoint_iam::{PolicyStack, Principal};
///
/// let policies = Compiled::of(&PolicyStack::default())?;
/// let ana = Principal::from_arn("arn:aws:iam::111122223333:user/ana")?;
/// let context = Context::new();
/// let action = RequestedAction::parse("archive:GetDocument")?;
/// let request = Request::new(&ana, action, RequestedResource::All, &context);
/// let columns = Columns::of_components(["partition", "service", "region", "account", "resource"]);
///
/// let cache = ConstraintCache::default();
/// assert_eq!(cache.constrain(&policies, &request, &columns)?, Constraint::Nothing);
/// assert_eq!(cache.len(), 1);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Default)]
pub struct ConstraintCache {
    /// The oldest first, each with the hash of its subject.
    entries: ArcSwap<Vec<(u64, Arc<Entry>)>>,
}

impl ConstraintCache {
    /// Like [`constrain_compiled`](super::constrain_compiled). Policies other than identity-based policies and a
    /// permissions boundary are evaluated for each request.
    ///
    /// # Errors
    ///
    /// Those of [`constrain`](super::constrain).
    pub fn constrain(
        &self,
        policies: &Compiled,
        request: &Request<'_>,
        columns: &Columns,
    ) -> Result<Constraint, ListError> {
        self.constrain_programs(&policies.stack(), request, columns)
    }

    pub(crate) fn constrain_programs(
        &self,
        stack: &ProgramStack<'_>,
        request: &Request<'_>,
        columns: &Columns,
    ) -> Result<Constraint, ListError> {
        let Some(subject) = Subject::of(stack, request, columns) else {
            return evaluate(stack, &Facts::of(request, columns));
        };
        let hash = subject.hash();
        let entries = self.entries.load();
        let mut found = entries.iter().filter(|(of, _)| *of == hash);
        if let Some((_, entry)) = found.find(|(_, entry)| entry.is_of(&subject)) {
            return Ok(entry.constraint.clone());
        }
        drop(entries);
        let facts = Facts::noting(request, columns);
        let constraint = evaluate(stack, &facts)?;
        if let Some(reads) = facts.into_reads() {
            self.keep(hash, Entry::of(&subject, reads, constraint.clone()));
        }
        Ok(constraint)
    }

    fn keep(&self, hash: u64, entry: Entry) {
        if entry.size > LARGEST_SIZE / 4 {
            return;
        }
        let entry = Arc::new(entry);
        self.entries.rcu(|entries| {
            let alive = entries.iter().filter(|(_, entry)| entry.is_alive());
            let mut kept: Vec<_> = alive.cloned().collect();
            kept.push((hash, Arc::clone(&entry)));
            let (mut first, mut size) = (kept.len(), 0);
            for (index, (_, entry)) in kept.iter().enumerate().rev() {
                size += entry.size;
                if size > LARGEST_SIZE || kept.len() - index > MOST_CONSTRAINTS {
                    break;
                }
                first = index;
            }
            kept.drain(..first);
            kept
        });
    }

    /// Returns the number of constraints in the cache.
    pub fn len(&self) -> usize {
        self.entries.load().len()
    }

    /// Whether the cache contains no constraint.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }
}

impl fmt::Debug for ConstraintCache {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut shown = formatter.debug_struct("ConstraintCache");
        shown.field("len", &self.len()).finish_non_exhaustive()
    }
}

pub(super) fn evaluate(
    stack: &ProgramStack<'_>,
    facts: &Facts<'_>,
) -> Result<Constraint, ListError> {
    let has_boundary = stack.permissions_boundary.is_some();
    let request = facts.request;
    constrained(facts, has_boundary, |trace| {
        ReferenceEvaluation::through_chosen(stack.about_action(request), request, trace)
    })
}

/// What a constraint is about.
struct Subject<'s> {
    identity: ProgramSelection<'s>,
    boundary: Option<ProgramSelection<'s>>,
    request: &'s Request<'s>,
    columns: &'s Columns,
    /// Whose policies decide: it depends on the accounts of the caller and of the rows.
    relations: Vec<(Node, AccountRelation)>,
}

impl<'s> Subject<'s> {
    /// Returns `None` if policies of other types apply. Their statements have principals, or they belong to the request.
    fn of(
        stack: &ProgramStack<'s>,
        request: &'s Request<'s>,
        columns: &'s Columns,
    ) -> Option<Self> {
        let ProgramStack {
            identity,
            permissions_boundary,
            session: None,
            resource: None,
            vpc_endpoint: None,
            service_control: [],
            resource_control: [],
        } = *stack
        else {
            return None;
        };
        Some(Self {
            identity,
            boundary: permissions_boundary,
            request,
            columns,
            relations: relations(request, columns),
        })
    }

    fn hash(&self) -> u64 {
        let mut hasher = DefaultHasher::new();
        for program in self.identity.arcs() {
            Arc::as_ptr(program).hash(&mut hasher);
        }
        self.boundary.is_some().hash(&mut hasher);
        for program in self.boundary.iter().flat_map(|boundary| boundary.arcs()) {
            Arc::as_ptr(program).hash(&mut hasher);
        }
        self.request.action().prefix().hash(&mut hasher);
        self.request.action().name().hash(&mut hasher);
        hasher.finish()
    }
}

/// A constraint.
struct Entry {
    /// A weak reference keeps the address of its program from being used for another one.
    identity: Vec<Weak<Program>>,
    boundary: Option<Vec<Weak<Program>>>,
    prefix: Box<str>,
    action: Box<str>,
    /// The catalog by which patterns of actions were resolved.
    known: Option<&'static ActionMetadata>,
    columns: Columns,
    relations: Vec<(Node, AccountRelation)>,
    reads: Reads,
    constraint: Constraint,
    size: usize,
}

impl Entry {
    fn of(subject: &Subject<'_>, reads: Reads, constraint: Constraint) -> Self {
        let weak = |programs: ProgramSelection<'_>| programs.arcs().map(Arc::downgrade).collect();
        let action = subject.request.action();
        Self {
            identity: weak(subject.identity),
            boundary: subject.boundary.map(weak),
            prefix: action.prefix().into(),
            action: action.name().into(),
            known: action.metadata(),
            columns: subject.columns.clone(),
            relations: subject.relations.clone(),
            size: constraint.size() + reads.size(),
            reads,
            constraint,
        }
    }

    fn is_alive(&self) -> bool {
        let mut programs = self.identity.iter().chain(self.boundary.iter().flatten());
        programs.all(|program| program.strong_count() > 0)
    }

    /// Whether the constraint is that of `subject`.
    fn is_of(&self, subject: &Subject<'_>) -> bool {
        let are = |weak: &[Weak<Program>], programs: ProgramSelection<'_>| {
            let ours = weak.iter().map(Weak::as_ptr);
            ours.eq(programs.arcs().map(Arc::as_ptr))
        };
        let is_bounded = match (&self.boundary, subject.boundary) {
            (None, None) => true,
            (Some(weak), Some(programs)) => are(weak, programs),
            _ => false,
        };
        let action = subject.request.action();
        let is_known = match (self.known, action.metadata()) {
            (None, None) => true,
            (Some(known), Some(other)) => std::ptr::eq(known, other),
            _ => false,
        };
        is_bounded
            && is_known
            && are(&self.identity, subject.identity)
            && *self.prefix == *action.prefix()
            && *self.action == *action.name()
            && self.columns == *subject.columns
            && self.relations == subject.relations
            && self.reads.are_of(subject.request, subject.columns)
    }
}

/// Everything that a constraint depends on and that was read from the request.
#[derive(Debug, Default)]
struct Reads {
    /// Whether the principal has the key.
    of_principal: HashMap<ConditionKey, bool>,
    keys: HashMap<ConditionKey, State>,
    conditions: Vec<(Condition, Effect, Truth)>,
}

/// The state of a key.
#[derive(Debug)]
enum State {
    Absent,
    Unknown,
    Present(Value),
    Multivalued(Vec<Value>),
}

impl State {
    fn of(found: Lookup<'_>) -> Self {
        match found {
            Lookup::Absent => Self::Absent,
            Lookup::Unknown => Self::Unknown,
            Lookup::Present(value) => Self::Present(value.clone()),
            Lookup::Multivalued(values) => Self::Multivalued(values.to_vec()),
        }
    }

    fn is(&self, found: Lookup<'_>) -> bool {
        match (self, found) {
            (Self::Absent, Lookup::Absent) | (Self::Unknown, Lookup::Unknown) => true,
            (Self::Present(own), Lookup::Present(value)) => own == value,
            (Self::Multivalued(own), Lookup::Multivalued(values)) => **own == *values,
            _ => false,
        }
    }

    /// The approximate size in bytes.
    fn size(&self) -> usize {
        let of = |value: &Value| value.text().len() + size_of::<Value>();
        match self {
            Self::Absent | Self::Unknown => 0,
            Self::Present(value) => of(value),
            Self::Multivalued(values) => values.iter().map(of).sum(),
        }
    }
}

impl Reads {
    fn len(&self) -> usize {
        self.of_principal.len() + self.keys.len() + self.conditions.len()
    }

    /// The approximate size in bytes. Most values of conditions are short, and their texts are not counted.
    fn size(&self) -> usize {
        let states: usize = self.keys.values().map(State::size).sum();
        states + self.len() * 256
    }

    /// Whether reading the same from `request` has the same results.
    fn are_of(&self, request: &Request<'_>, columns: &Columns) -> bool {
        let facts = Facts::of(request, columns);
        let mut of_principal = self.of_principal.iter();
        let mut keys = self.keys.iter();
        let mut conditions = self.conditions.iter();
        of_principal.all(|(key, is)| facts.principal_has(key) == *is)
            && keys.all(|(key, state)| state.is(request.lookup(key)))
            && conditions
                .all(|(condition, effect, truth)| facts.evaluated(condition, *effect) == *truth)
    }
}

/// The facts of a request, as far as a list depends on them. Keys of rows are unknown.
///
/// All code of lists reads the request through this type, because a constraint is used again if what was read is the same.
pub(super) struct Facts<'f> {
    pub(super) request: &'f Request<'f>,
    pub(super) columns: &'f Columns,
    /// `None` if nothing is noted.
    reads: Option<RefCell<Reads>>,
}

impl<'f> Facts<'f> {
    /// The facts of `request`.
    pub(super) const fn of(request: &'f Request<'f>, columns: &'f Columns) -> Self {
        Self {
            request,
            columns,
            reads: None,
        }
    }

    /// The facts of `request`, which note what is read.
    fn noting(request: &'f Request<'f>, columns: &'f Columns) -> Self {
        Self {
            reads: Some(RefCell::default()),
            ..Self::of(request, columns)
        }
    }

    /// Returns what was read; `None` if it is too much.
    fn into_reads(self) -> Option<Reads> {
        let reads = self.reads?.into_inner();
        (reads.len() <= MOST_READS).then_some(reads)
    }

    fn note(&self, add: impl FnOnce(&mut Reads)) {
        // INVARIANT: `add` reads nothing, so the reads are not borrowed twice.
        if let Some(mut reads) = self
            .reads
            .as_ref()
            .and_then(|all| all.try_borrow_mut().ok())
            && reads.len() <= MOST_READS
        {
            add(&mut reads);
        }
    }

    fn principal_has(&self, key: &ConditionKey) -> bool {
        !matches!(self.request.principal().lookup(key), Lookup::Absent)
    }

    /// Whether each row has its own value for the key. Keys of the principal take precedence.
    pub(super) fn is_row_key(&self, key: &ConditionKey) -> bool {
        if self.columns.column(key).is_none() {
            return false;
        }
        let principal_has = self.principal_has(key);
        self.note(|reads| {
            reads.of_principal.insert(key.clone(), principal_has);
        });
        !principal_has
    }

    /// Returns the state of a key in the request.
    pub(super) fn key(&self, key: &ConditionKey) -> Lookup<'f> {
        let found = self.request.lookup(key);
        self.note(|reads| {
            if !reads.keys.contains_key(key) {
                reads.keys.insert(key.clone(), State::of(found));
            }
        });
        found
    }

    /// Returns the result of a condition on a key of the request; unknown if it depends on an unknown key or on a row.
    ///
    /// Only the result is noted: a condition on the time is a part of many constraints, and its result changes rarely.
    pub(super) fn result(&self, condition: &Condition, effect: Effect) -> Truth {
        let truth = self.evaluated(condition, effect);
        self.note(|reads| reads.conditions.push((condition.clone(), effect, truth)));
        truth
    }

    fn evaluated(&self, condition: &Condition, effect: Effect) -> Truth {
        let facts = Facts::of(self.request, self.columns);
        let own = self.request.lookup(condition.key());
        condition.truth_for(own, &facts, effect)
    }
}

impl ContextLookup for Facts<'_> {
    fn lookup(&self, key: &ConditionKey) -> Lookup<'_> {
        match self.is_row_key(key) {
            true => Lookup::Unknown,
            false => self.key(key),
        }
    }
}
