//! Withholds request bodies until the check is decided.

use std::cell::{Cell, RefCell};
use std::io;
use std::pin::Pin;
use std::rc::Rc;
use std::task::{Context, Poll, Waker};

use actix_web::dev::Payload;
use actix_web::error::PayloadError;
use actix_web::web::Bytes;
use futures_core::Stream;

/// Controls access to a request body.
#[derive(Default)]
pub(super) struct Gate {
    state: Cell<State>,
    waiting: RefCell<Vec<Waker>>,
    /// Whether the decision is currently being polled.
    is_deciding: Cell<bool>,
}

#[derive(Clone, Copy, Default, PartialEq)]
enum State {
    /// Not decided yet.
    #[default]
    Undecided,
    Open,
    /// Closed permanently.
    Shut,
}

impl Gate {
    /// Opens the gate, or closes it permanently. Only the first call has an effect.
    pub(super) fn decide(&self, open: bool) {
        if self.state.get() == State::Undecided {
            self.state.set(if open { State::Open } else { State::Shut });
            for waker in self.waiting.take() {
                waker.wake();
            }
        }
    }

    /// Polls the decision.
    pub(super) fn deciding<T>(&self, poll: impl FnOnce() -> T) -> T {
        self.is_deciding.set(true);
        let outcome = poll();
        self.is_deciding.set(false);
        outcome
    }

    /// Waits for the decision, and returns whether the gate is open.
    ///
    /// The gate is closed for the decision itself and for the parameters that it extracts, which would otherwise wait
    /// forever.
    pub(super) fn poll_open(&self, context: &mut Context<'_>) -> Poll<bool> {
        match self.state.get() {
            State::Undecided if self.is_deciding.get() => Poll::Ready(false),
            State::Undecided => {
                let mut waiting = self.waiting.borrow_mut();
                if !waiting.iter().any(|waker| waker.will_wake(context.waker())) {
                    waiting.push(context.waker().clone());
                }
                Poll::Pending
            }
            State::Open => Poll::Ready(true),
            State::Shut => Poll::Ready(false),
        }
    }

    /// Replaces the body by one that waits for the gate.
    pub(super) fn withhold(self: &Rc<Self>, payload: &mut Payload) {
        let body = payload.take();
        if !matches!(body, Payload::None) {
            *payload = Payload::Stream {
                payload: Box::pin(BlockedBody {
                    gate: Rc::clone(self),
                    body,
                }),
            };
        }
    }
}

/// A body that waits for its gate, and returns an error if the gate is closed.
struct BlockedBody {
    gate: Rc<Gate>,
    body: Payload,
}

impl Stream for BlockedBody {
    type Item = Result<Bytes, PayloadError>;

    fn poll_next(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Bytes, PayloadError>>> {
        match self.gate.poll_open(context) {
            Poll::Pending => Poll::Pending,
            Poll::Ready(true) => Pin::new(&mut self.body).poll_next(context),
            Poll::Ready(false) => {
                let refused = io::Error::from(io::ErrorKind::PermissionDenied);
                Poll::Ready(Some(Err(PayloadError::Io(refused))))
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;
    use std::sync::atomic::{AtomicUsize, Ordering};
    use std::task::Wake;

    use super::*;

    /// Counts how often a task is woken.
    #[derive(Default)]
    struct Task(AtomicUsize);

    impl Wake for Task {
        fn wake(self: Arc<Self>) {
            self.0.fetch_add(1, Ordering::Relaxed);
        }
    }

    #[test]
    fn the_decision_wakes_every_task_that_waits_for_it() {
        for is_open in [true, false] {
            let gate = Gate::default();
            let tasks: [Arc<Task>; 3] = std::array::from_fn(|_| Arc::default());
            // The first two wait, the first of them twice. The third is the decision, which does not wait.
            for (task, is_deciding) in [(0, false), (1, false), (0, false), (2, true)] {
                let waker = Waker::from(Arc::clone(&tasks[task]));
                let mut context = Context::from_waker(&waker);
                let polled = if is_deciding {
                    gate.deciding(|| gate.poll_open(&mut context))
                } else {
                    gate.poll_open(&mut context)
                };
                assert_eq!(polled.is_pending(), !is_deciding, "{task}");
            }
            let woken = || tasks.each_ref().map(|task| task.0.load(Ordering::Relaxed));
            assert_eq!(woken(), [0, 0, 0], "not decided yet");
            gate.decide(is_open);
            assert_eq!(woken(), [1, 1, 0], "decided");
            gate.decide(is_open);
            assert_eq!(woken(), [1, 1, 0], "only the first decision counts");
        }
    }

    #[test]
    fn the_first_decision_is_final() {
        let mut context = Context::from_waker(Waker::noop());
        for is_open in [true, false] {
            let gate = Gate::default();
            assert!(gate.poll_open(&mut context).is_pending());
            gate.decide(is_open);
            gate.decide(!is_open);
            assert_eq!(gate.poll_open(&mut context), Poll::Ready(is_open));
        }
    }

    #[test]
    fn the_decision_itself_does_not_wait_and_reads_nothing() {
        let mut context = Context::from_waker(Waker::noop());
        let gate = Gate::default();
        let polled = gate.deciding(|| gate.poll_open(&mut context));
        assert_eq!(polled, Poll::Ready(false));
        assert!(gate.poll_open(&mut context).is_pending());
    }
}
