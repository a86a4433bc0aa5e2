//! Loads of the keys of resources that concurrent checks of one request share.
//!
//! A load belongs to all checks that wait for it, and each of them continues it when it is polled. So a check that is
//! dropped, or not polled any more, neither ends the load nor blocks the others.

use std::collections::HashMap;
use std::fmt;
use std::future::Future;
use std::mem;
use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use std::pin::Pin;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll, Wake, Waker};

use crate::source::resource_keys::{
    FetchedKeys, KeysUnavailable, NeededKeys, Origin, SourceFailure,
};
use crate::source::resource_tags::TagsUnavailable;

/// What a load returns.
pub(super) type Loaded = Result<FetchedKeys, SourceFailure>;

/// A load of the keys of several resources.
pub(super) type Load = Pin<Box<dyn Future<Output = Loaded> + Send>>;

/// The keys of resources that the checks of one request have fetched, and the loads that have not ended.
#[derive(Default)]
pub(crate) struct KeyLoads(Mutex<State>);

#[derive(Default)]
struct State {
    fetched: FetchedKeys,
    flights: Vec<Waited>,
    /// The number of checks that have waited so far.
    checks: u64,
}

/// A load that has not ended.
struct Waited {
    flight: Arc<Flight>,
    /// The number of checks that wait for it.
    by: usize,
}

impl KeyLoads {
    /// Starts with keys that were fetched before.
    pub(crate) fn new(fetched: FetchedKeys) -> Self {
        Self(Mutex::new(State {
            fetched,
            ..State::default()
        }))
    }

    /// Returns the keys that were fetched so far.
    pub(crate) fn fetched(&self) -> FetchedKeys {
        self.lock().fetched.clone()
    }

    /// Joins the loads of the keys of `arns`, and creates loads for those that have none. Keys that were fetched before
    /// are added to `fetched`.
    pub(super) fn join(
        &self,
        origin: Origin,
        arns: &[&str],
        fetched: &mut FetchedKeys,
        load: impl Fn(&[String]) -> Load,
        largest: usize,
    ) -> Vec<Joined<'_>> {
        let mut state = self.lock();
        let mut waits = Vec::new();
        let mut rest = Vec::new();
        for arn in arns {
            let needed = NeededKeys {
                origin,
                arn: (*arn).to_owned(),
            };
            if let Some(keys) = state.fetched.get(&needed) {
                fetched.insert(origin, needed.arn, keys.clone());
                continue;
            }
            let mut flights = state.flights.iter();
            match flights.find(|waited| waited.flight.is_of(&needed)) {
                Some(waited) => waits.push(Arc::clone(&waited.flight)),
                None => rest.push(needed.arn),
            }
        }
        waits.sort_by_key(|flight| Arc::as_ptr(flight).addr());
        waits.dedup_by(|one, other| Arc::ptr_eq(one, other));
        for waited in &mut state.flights {
            let joins = waits
                .iter()
                .any(|flight| Arc::ptr_eq(flight, &waited.flight));
            waited.by += usize::from(joins);
        }
        for arns in rest.chunks(largest) {
            let flight = Arc::new(Flight {
                origin,
                arns: arns.to_vec(),
                progress: Mutex::new(Progress::Running(load(arns))),
                wakers: Arc::default(),
            });
            state.flights.push(Waited {
                flight: Arc::clone(&flight),
                by: 1,
            });
            waits.push(flight);
        }
        let joined = waits.into_iter().map(|flight| {
            state.checks += 1;
            Joined {
                loads: self,
                flight,
                number: state.checks,
            }
        });
        joined.collect()
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        // No code of others runs while it is locked, so poisoning is harmless.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl fmt::Debug for KeyLoads {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("KeyLoads")
    }
}

/// A load, and the checks that wait for it.
struct Flight {
    origin: Origin,
    arns: Vec<String>,
    /// Locked by the check that continues the load.
    progress: Mutex<Progress>,
    wakers: Arc<Wakers>,
}

enum Progress {
    Running(Load),
    Ended(Loaded),
}

impl Flight {
    fn is_of(&self, needed: &NeededKeys) -> bool {
        self.origin == needed.origin && self.arns.contains(&needed.arn)
    }

    /// The result for the other checks, if the source panics.
    fn panicked(&self) -> SourceFailure {
        let why = "the source has panicked";
        match self.origin {
            Origin::Tags => SourceFailure::Tags(TagsUnavailable::new(why)),
            Origin::Type(_) => SourceFailure::Keys(KeysUnavailable::new(why)),
        }
    }

    /// Continues the load. If another thread does so at the moment, it waits for the end of that poll.
    fn poll(&self) -> Poll<Loaded> {
        // A panic of the load is caught, so poisoning is harmless.
        let mut progress = self.progress.lock().unwrap_or_else(PoisonError::into_inner);
        let load = match &mut *progress {
            Progress::Ended(loaded) => return Poll::Ready(loaded.clone()),
            Progress::Running(load) => load,
        };
        // Every check has to be woken, because the one that continues the load now may be gone by then.
        let waker = Waker::from(Arc::clone(&self.wakers));
        let mut context = Context::from_waker(&waker);
        let polled = catch_unwind(AssertUnwindSafe(|| load.as_mut().poll(&mut context)));
        let (loaded, panic) = match polled {
            Ok(Poll::Pending) => return Poll::Pending,
            Ok(Poll::Ready(loaded)) => (loaded, None),
            Err(panic) => (Err(self.panicked()), Some(panic)),
        };
        let ended = mem::replace(&mut *progress, Progress::Ended(loaded.clone()));
        drop(progress);
        self.wakers.wake_all();
        drop(ended);
        match panic {
            None => Poll::Ready(loaded),
            Some(panic) => resume_unwind(panic),
        }
    }
}

/// The wakers of the checks that wait for one load, by the number of the check.
#[derive(Default)]
struct Wakers(Mutex<HashMap<u64, Waker>>);

impl Wakers {
    fn lock(&self) -> MutexGuard<'_, HashMap<u64, Waker>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn wake_all(&self) {
        let wakers = mem::take(&mut *self.lock());
        for waker in wakers.into_values() {
            waker.wake();
        }
    }
}

impl Wake for Wakers {
    fn wake(self: Arc<Self>) {
        self.wake_all();
    }
}

/// A check that waits for a load.
pub(super) struct Joined<'l> {
    loads: &'l KeyLoads,
    flight: Arc<Flight>,
    number: u64,
}

impl Future for Joined<'_> {
    type Output = Loaded;

    fn poll(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Loaded> {
        // Before the load is continued, so that no wake-up is lost.
        let waker = context.waker().clone();
        self.flight.wakers.lock().insert(self.number, waker);
        let Poll::Ready(loaded) = self.flight.poll() else {
            return Poll::Pending;
        };
        let mut state = self.loads.lock();
        let is_ended = |waited: &Waited| Arc::ptr_eq(&waited.flight, &self.flight);
        if let Some(index) = state.flights.iter().position(is_ended) {
            state.flights.swap_remove(index);
            if let Ok(keys) = &loaded {
                state.fetched.extend(keys.clone());
            }
        }
        drop(state);
        Poll::Ready(loaded)
    }
}

impl Drop for Joined<'_> {
    fn drop(&mut self) {
        self.flight.wakers.lock().remove(&self.number);
        let mut state = self.loads.lock();
        let mut flights = state.flights.iter();
        let position = flights.position(|waited| Arc::ptr_eq(&waited.flight, &self.flight));
        let mut abandoned = None;
        if let Some(index) = position
            && let Some(waited) = state.flights.get_mut(index)
        {
            waited.by -= 1;
            if waited.by == 0 {
                // Nobody continues the load. A later check begins another one.
                abandoned = Some(state.flights.swap_remove(index));
            }
        }
        drop(state);
        drop(abandoned);
    }
}
