//! Checks of new policies before they replace the current ones.
//!
//! A source may return policies that are valid and still a mistake: a star too much, or a `Deny` too few. A
//! [`ChangeCheck`] sees the new policies together with the current ones, after the new ones were parsed, compared with
//! the catalogs and compiled, and before they decide a request. If it rejects them, the current policies stay in use.
//!
//! ```
//! use pinpoint_iam::change::{CheckFailed, PolicyChange};
//! use pinpoint_iam::source::PolicyStore;
//! use pinpoint_iam::{Authorizer, BuildError, Scope};
//!
//! let mut store = PolicyStore::new();
//! store.identity("arn:aws:iam::123456789012:user/ana")?;
//! let authorizer = Authorizer::builder()
//!     .scope(Scope::new("aws", "us-east-1", "123456789012"))
//!     .source(store)
//!     .check_changes(|change: &PolicyChange<'_>| {
//!         let users = change.current().map_or(0, PolicyStore::len);
//!         match change.new_policies().len() {
//!             new if new < users => Err(CheckFailed::unless_approved("removes users or roles")),
//!             _ => Ok(()),
//!         }
//!     })
//!     .build()?;
//!
//! let Err(BuildError::ChangeRejected(rejected)) = authorizer.replace(PolicyStore::new()) else {
//!     panic!("all users are removed");
//! };
//! // An operator reads the reasons and approves this change, and no other.
//! authorizer.approve_change(rejected.id().as_str())?;
//! authorizer.replace(PolicyStore::new())?;
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! [`SameDecisions`] decides recorded requests again. The crate `pinpoint-iam-compare` has a check that rejects policies
//! that allow a request which the current ones do not allow, and one that rejects policies with new findings of the
//! linter.
//!
//! # Which changes are checked
//!
//! All: [`build`](AuthorizerBuilder::build), [`reload`](Authorizer::reload), [`replace`](Authorizer::replace),
//! [`build_async`](AuthorizerBuilder::build_async), [`refresh`](Authorizer::refresh), and the polls of the
//! [`Refresher`](crate::Refresher). The first policies of an authorizer are checked as well, but there are no
//! [current](PolicyChange::current) ones, unless the last good set on disk can be read: `build_async` compares the
//! first set of the source with it, so that a restart does not bypass the checks.
//!
//! The policies of one revision that were rejected are rejected at the next polls as well, without running the checks
//! again, as long as neither they nor the current policies change. `refresh`, `reload` and `replace` always run them.

use std::cell::OnceCell;
use std::collections::hash_map::RandomState;
use std::fmt;
use std::hash::BuildHasher;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, LazyLock, Mutex, MutexGuard, PoisonError};

use arc_swap::Guard;
use pinpoint_iam_core::__private::{OneLine, Quoted};

pub use super::recorded::{InvalidPastRequest, PastRequest, SameDecisions};
use super::{Authorizer, AuthorizerBuilder, BuildError, Inner, LoadWarnings, Loaded, compile};
use crate::eval::Evaluation;
use crate::eval::snapshot::{Snapshot, SnapshotGuard, Unavailable};
use crate::freshness::Revision;
use crate::request::Request;
use crate::source::PolicyStore;
use crate::states::{Confirmed, Replacing};

/// A check of new policies before they replace the current ones, see [`AuthorizerBuilder::check_changes`].
///
/// Closures implement it.
pub trait ChangeCheck: Send + Sync + 'static {
    /// Checks a change.
    ///
    /// The check may take its time: in the meantime, requests are decided by the current policies, whose age grows. It
    /// must not replace the policies of its own authorizer, which waits for the check. If it panics, the new policies are
    /// rejected.
    ///
    /// # Errors
    ///
    /// Rejects the new policies. The current ones then stay in use, and their age keeps growing.
    fn check(&self, change: &PolicyChange<'_>) -> Result<(), CheckFailed>;
}

impl<F> ChangeCheck for F
where
    F: Fn(&PolicyChange<'_>) -> Result<(), CheckFailed> + Send + Sync + 'static,
{
    fn check(&self, change: &PolicyChange<'_>) -> Result<(), CheckFailed> {
        self(change)
    }
}

/// The reason for which a [`ChangeCheck`] rejects new policies.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CheckFailed {
    reason: String,
    can_be_approved: bool,
}

impl CheckFailed {
    /// Rejects the policies, whether or not an operator approves them: what is wrong, and what to do about it.
    pub fn new(reason: impl Into<String>) -> Self {
        Self {
            reason: reason.into(),
            can_be_approved: false,
        }
    }

    /// Rejects the policies, unless an operator has [approved](Authorizer::approve_change) exactly this change.
    pub fn unless_approved(reason: impl Into<String>) -> Self {
        Self {
            can_be_approved: true,
            ..Self::new(reason)
        }
    }

    /// Returns the reason.
    pub fn reason(&self) -> &str {
        &self.reason
    }

    /// Whether an approval makes the policies acceptable.
    pub const fn can_be_approved(&self) -> bool {
        self.can_be_approved
    }
}

impl fmt::Display for CheckFailed {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        OneLine(&self.reason).fmt(formatter)
    }
}

impl std::error::Error for CheckFailed {}

/// The identity of a change: of the new policies together with the ones that they would replace.
///
/// If both are sets of files, it is a SHA-256 checksum of their contents, and so the same in all instances of a service
/// that have loaded the same sets. Otherwise it contains a random number of the process, and is valid only in it.
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct ChangeId(Box<str>);

impl ChangeId {
    /// Returns the identity as text.
    pub const fn as_str(&self) -> &str {
        &self.0
    }

    fn of(current: Option<&Content>, new: &Content) -> Self {
        Self(checksum(current, new).unwrap_or_else(|| {
            static PROCESS: LazyLock<u64> = LazyLock::new(|| RandomState::new().hash_one(()));
            static NEXT: AtomicU64 = AtomicU64::new(1);
            let number = NEXT.fetch_add(1, Ordering::Relaxed);
            format!("local:{:016x}-{number}", *PROCESS).into()
        }))
    }
}

/// Returns the checksum of a change between sets of files.
#[cfg(feature = "refresh")]
fn checksum(current: Option<&Content>, new: &Content) -> Option<Box<str>> {
    let mut both = crate::source::PolicyFiles::new();
    both.insert("new", new.checksum.as_ref()?.as_str()).ok()?;
    if let Some(current) = current {
        let current = current.checksum.as_ref()?.as_str();
        both.insert("current", current).ok()?;
    }
    Some(both.checksum().as_str().into())
}

/// Without asynchronous sources, there are no sets of files.
#[cfg(not(feature = "refresh"))]
const fn checksum(_: Option<&Content>, _: &Content) -> Option<Box<str>> {
    None
}

impl fmt::Display for ChangeId {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.0)
    }
}

impl fmt::Debug for ChangeId {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(formatter)
    }
}

/// New policies that a [`ChangeCheck`] has rejected, with the reasons of all checks.
#[derive(Clone, PartialEq, Eq)]
pub struct RejectedChange {
    id: ChangeId,
    revision: Option<Revision>,
    reasons: Vec<CheckFailed>,
}

impl RejectedChange {
    /// Returns the identity of the change, with which an operator [approves](Authorizer::approve_change) it.
    pub const fn id(&self) -> &ChangeId {
        &self.id
    }

    /// Returns the revision of the new policies; `None` if they are not from an asynchronous source.
    pub const fn revision(&self) -> Option<&Revision> {
        self.revision.as_ref()
    }

    /// Returns the reasons, in the order of the checks.
    pub fn reasons(&self) -> &[CheckFailed] {
        &self.reasons
    }

    /// Returns the first reason that no approval overcomes.
    fn final_reason(&self) -> Option<&CheckFailed> {
        self.reasons.iter().find(|reason| !reason.can_be_approved)
    }
}

impl fmt::Display for RejectedChange {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("the new policies")?;
        if let Some(revision) = &self.revision {
            write!(formatter, " (revision {revision})")?;
        }
        formatter.write_str(" are rejected: ")?;
        for (index, reason) in self.reasons.iter().enumerate() {
            let separator = if index == 0 { "" } else { "; " };
            write!(formatter, "{separator}{reason}")?;
        }
        match self.final_reason() {
            Some(_) => Ok(()),
            None => write!(
                formatter,
                "; if this is intended, approve the change `{}`",
                self.id
            ),
        }
    }
}

impl fmt::Debug for RejectedChange {
    /// Uses the `Display` text, because `unwrap` and `main` print errors with `Debug`.
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, formatter)
    }
}

impl std::error::Error for RejectedChange {}

/// The reason for which a change cannot be approved.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum ApprovalError {
    /// The change that was rejected last has another identity, or none was rejected since policies were last replaced.
    NotRejected(String),
    /// A check rejects the change regardless of an approval, for this reason.
    Final(CheckFailed),
}

impl fmt::Display for ApprovalError {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NotRejected(id) => write!(
                formatter,
                "{} is not the change that was rejected last: read its reasons again",
                Quoted(id)
            ),
            Self::Final(reason) => write!(formatter, "the change cannot be approved: {reason}"),
        }
    }
}

impl std::error::Error for ApprovalError {}

/// Policies that are about to replace the current ones.
pub struct PolicyChange<'a> {
    inner: &'a Inner,
    current: Option<&'a PolicyStore>,
    /// Compiled for this check: those in use may deny all requests because they are too old.
    current_compiled: OnceCell<Option<SnapshotGuard>>,
    new: &'a PolicyStore,
    new_compiled: SnapshotGuard,
    revision: Option<&'a Revision>,
}

impl<'a> PolicyChange<'a> {
    /// Returns the current policies as they were loaded; `None` if there are none yet, see the
    /// [module](crate::change#which-changes-are-checked).
    pub const fn current(&self) -> Option<&'a PolicyStore> {
        self.current
    }

    /// Returns the new policies.
    pub const fn new_policies(&self) -> &'a PolicyStore {
        self.new
    }

    /// Returns the revision of the new policies; `None` if they are not from an asynchronous source.
    pub const fn revision(&self) -> Option<&'a Revision> {
        self.revision
    }

    /// Decides a request by the current policies as they were loaded, regardless of their age; `None` if there are none
    /// yet.
    pub fn evaluate_current(&self, request: &Request<'_>) -> Option<Evaluation> {
        let compiled = self.current_compiled.get_or_init(|| {
            let compiled = compile(self.current?.clone());
            // They were compiled before. If they could not be now, all requests would be denied by them.
            Some(guard(compiled.unwrap_or_else(|_| {
                Snapshot::unavailable(Unavailable::Unreadable)
            })))
        });
        Some(self.evaluate(compiled.as_ref()?, request))
    }

    /// Decides a request by the new policies.
    pub fn evaluate_new(&self, request: &Request<'_>) -> Evaluation {
        self.evaluate(&self.new_compiled, request)
    }

    fn evaluate(&self, policies: &SnapshotGuard, request: &Request<'_>) -> Evaluation {
        self.inner.evaluate(|| policies.clone(), request)
    }
}

impl fmt::Debug for PolicyChange<'_> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("PolicyChange")
            .field("revision", &self.revision)
            .finish_non_exhaustive()
    }
}

fn guard(snapshot: impl Into<Arc<Snapshot>>) -> SnapshotGuard {
    SnapshotGuard::new(Guard::from_inner(snapshot.into()))
}

impl AuthorizerBuilder {
    /// Adds a check of new policies before they replace the current ones, see [`change`](crate::change).
    ///
    /// All checks run, so that the [error](BuildError::ChangeRejected) contains the reasons of all.
    #[must_use]
    pub fn check_changes(mut self, check: impl ChangeCheck) -> Self {
        self.changes.checks.push(Box::new(check));
        self
    }
}

impl Authorizer {
    /// Returns the new policies that the [checks](AuthorizerBuilder::check_changes) have rejected last; `None` if
    /// policies were replaced since.
    pub fn rejected_change(&self) -> Option<RejectedChange> {
        let state = self.inner.changes.lock();
        let rejected = state.rejected.as_ref()?;
        Some(rejected.change.clone())
    }

    /// Returns how often the [checks](AuthorizerBuilder::check_changes) have run and rejected new policies.
    pub fn rejected_changes(&self) -> u64 {
        self.inner.changes.count.load(Ordering::Relaxed)
    }

    /// Approves the change that was rejected last, if it has this [identity](RejectedChange::id).
    ///
    /// The checks run again when the source next returns the same policies, and their reasons that
    /// [can be approved](CheckFailed::unless_approved) do not count. A [`Refresher`](crate::Refresher) asks the source
    /// at once; otherwise call [`reload`](Self::reload) or [`replace`](Self::replace).
    ///
    /// An approval is for the content of these new policies in place of these current ones, not for a revision: if
    /// either changes in the meantime, the checks apply in full. It is valid in this process only, and until policies
    /// are replaced or others are rejected.
    ///
    /// # Errors
    ///
    /// Fails if the last rejected change has another identity, or a check rejects it regardless of an approval.
    pub fn approve_change(&self, id: &str) -> Result<(), ApprovalError> {
        let mut state = self.inner.changes.lock();
        let rejected = state
            .rejected
            .as_mut()
            .filter(|rejected| rejected.change.id.as_str() == id)
            .ok_or_else(|| ApprovalError::NotRejected(id.to_owned()))?;
        if let Some(reason) = rejected.change.final_reason() {
            return Err(ApprovalError::Final(reason.clone()));
        }
        rejected.is_approved = true;
        drop(state);
        #[cfg(feature = "refresh")]
        self.refresh_soon();
        Ok(())
    }
}

/// The checks of an authorizer.
#[derive(Default)]
pub(super) struct ChangeChecks {
    checks: Vec<Box<dyn ChangeCheck>>,
    /// How often policies were rejected.
    count: AtomicU64,
    /// Every change is a single assignment, so poisoning is harmless.
    state: Mutex<ChangeState>,
}

#[derive(Default)]
struct ChangeState {
    /// The policies with which new ones are compared. Kept only if there are checks.
    current: Option<Arc<Content>>,
    rejected: Option<Rejected>,
}

/// Policies as they were loaded.
struct Content {
    store: PolicyStore,
    /// Of the files, if there are any.
    checksum: Option<Revision>,
}

impl Content {
    fn is_same(&self, other: &Self) -> bool {
        self.checksum == other.checksum && self.store.is_same(&other.store)
    }
}

/// Whether both are present and the same, or both are absent.
fn are_same(one: Option<&Arc<Content>>, other: Option<&Arc<Content>>) -> bool {
    match (one, other) {
        (None, None) => true,
        (Some(one), Some(other)) => Arc::ptr_eq(one, other) || one.is_same(other),
        _ => false,
    }
}

/// The change that was rejected last.
struct Rejected {
    current: Option<Arc<Content>>,
    new: Arc<Content>,
    change: RejectedChange,
    is_approved: bool,
}

impl Rejected {
    fn is_from(&self, current: Option<&Arc<Content>>, new: &Arc<Content>) -> bool {
        are_same(self.current.as_ref(), current) && are_same(Some(&self.new), Some(new))
    }
}

impl ChangeChecks {
    pub(super) const fn is_empty(&self) -> bool {
        self.checks.is_empty()
    }

    fn lock(&self) -> MutexGuard<'_, ChangeState> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Sets the policies with which the first ones are compared.
    #[cfg(feature = "refresh")]
    pub(super) fn start_with(&self, store: PolicyStore, checksum: Option<Revision>) {
        self.lock().current = Some(Arc::new(Content { store, checksum }));
    }

    /// Whether policies are still compared with these.
    #[cfg(feature = "refresh")]
    pub(super) fn are_current(&self, compared: &Compared) -> bool {
        match (&self.lock().current, &compared.0) {
            (Some(current), Some(compared)) => Arc::ptr_eq(current, compared),
            (None, None) => true,
            _ => false,
        }
    }
}

/// The policies with which new ones were compared.
pub(super) struct Compared(
    #[cfg_attr(
        not(feature = "refresh"),
        expect(
            dead_code,
            reason = "only sets of asynchronous sources are checked concurrently"
        )
    )]
    Option<Arc<Content>>,
);

/// Who asks for new policies.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Occasion {
    /// The program.
    Call,
    /// The next poll is due, or there was a notification.
    #[cfg(feature = "refresh")]
    Poll,
}

/// Compiled policies that are about to be checked.
pub(super) struct Prepared {
    warnings: LoadWarnings,
    snapshot: Arc<Snapshot>,
    /// `None` if there are no checks.
    content: Option<Arc<Content>>,
    revision: Option<Revision>,
    confirmed: Confirmed,
}

impl Inner {
    /// Compares policies with the catalogs and the sources of condition keys, and compiles them.
    pub(super) fn prepare(&self, loaded: Loaded) -> Result<Prepared, BuildError> {
        let policies = loaded.store.distinct_policies();
        let warnings = self.check(&policies, loaded.is_from_aws_account)?;
        let Loaded {
            store,
            checksum,
            revision,
            confirmed,
            ..
        } = loaded;
        let content = (!self.changes.is_empty()).then(|| {
            Arc::new(Content {
                store: store.clone(),
                checksum,
            })
        });
        Ok(Prepared {
            warnings,
            snapshot: Arc::new(self.compile_base(store)?),
            content,
            revision,
            confirmed,
        })
    }

    /// Runs the checks of changes, and returns the policies with which the new ones were compared.
    pub(super) fn check_change(
        &self,
        prepared: &Prepared,
        occasion: Occasion,
    ) -> Result<Compared, BuildError> {
        let Some(new) = &prepared.content else {
            return Ok(Compared(None));
        };
        let state = self.changes.lock();
        let current = state.current.clone();
        let known = state.rejected.as_ref();
        let known = known.filter(|known| known.is_from(current.as_ref(), new));
        let is_approved = known.is_some_and(|known| known.is_approved);
        let known = known.map(|known| known.change.clone());
        drop(state);
        let known_id = match known {
            Some(known) if occasion != Occasion::Call && !is_approved => {
                return Err(BuildError::ChangeRejected(known));
            }
            known => known.map(|known| known.id),
        };
        let change = PolicyChange {
            inner: self,
            current: current.as_deref().map(|current| &current.store),
            current_compiled: OnceCell::new(),
            new: &new.store,
            new_compiled: guard(Arc::clone(&prepared.snapshot)),
            revision: prepared.revision.as_ref(),
        };
        let checks = self.changes.checks.iter();
        let reasons: Vec<CheckFailed> = checks
            .filter_map(|check| run(&**check, &change).err())
            .filter(|reason| !(is_approved && reason.can_be_approved))
            .collect();
        if reasons.is_empty() {
            return Ok(Compared(current));
        }
        let rejected = RejectedChange {
            id: known_id.unwrap_or_else(|| ChangeId::of(current.as_deref(), new)),
            revision: prepared.revision.clone(),
            reasons,
        };
        self.changes.count.fetch_add(1, Ordering::Relaxed);
        let mut state = self.changes.lock();
        // It may have been approved while the checks ran.
        let is_approved = state
            .rejected
            .as_ref()
            .is_some_and(|known| known.is_approved && known.is_from(current.as_ref(), new));
        state.rejected = Some(Rejected {
            current,
            new: Arc::clone(new),
            change: rejected.clone(),
            is_approved,
        });
        Err(BuildError::ChangeRejected(rejected))
    }

    /// Uses policies that were checked from now on.
    pub(super) fn commit(&self, replacing: &mut Replacing<'_>, prepared: Prepared) {
        replacing.replace(prepared.snapshot, prepared.revision, prepared.confirmed);
        // After the replacement: a load that has read the previous boundaries is discarded.
        self.discards_loaded();
        if prepared.content.is_some() {
            *self.changes.lock() = ChangeState {
                current: prepared.content,
                rejected: None,
            };
        }
        self.keep(prepared.warnings);
    }
}

/// Runs one check. A panic rejects.
fn run(check: &dyn ChangeCheck, change: &PolicyChange<'_>) -> Result<(), CheckFailed> {
    // After a panic, only the check itself can be in an inconsistent state.
    catch_unwind(AssertUnwindSafe(|| check.check(change)))
        .unwrap_or_else(|_| Err(CheckFailed::new("a check of the change has panicked")))
}
