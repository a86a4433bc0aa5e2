//! Bodies that nobody reads before the decision.

use std::cell::{Cell, RefCell};
use std::io;
use std::pin::Pin;
use std::rc::Rc;
use std::task::{Context, Poll, Waker};

use actix_web::dev::Payload;
use actix_web::error::PayloadError;
use actix_web::web::Bytes;
use futures_core::Stream;

/// Stands between a body and whoever wants to read it.
#[derive(Default)]
pub(super) struct Gate {
    state: Cell<State>,
    waiting: RefCell<Vec<Waker>>,
    /// Whether the decision is being polled at this moment.
    is_deciding: Cell<bool>,
}

#[derive(Clone, Copy, Default, PartialEq)]
enum State {
    /// Nobody knows yet.
    #[default]
    Undecided,
    Open,
    /// For good.
    Shut,
}

impl Gate {
    /// Opens the gate, or shuts it for good. What was decided once stays.
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

    /// Whether the gate is open, as soon as that is decided.
    ///
    /// To the decision itself, and to the parameters that it takes, the gate is shut: it would wait for itself forever.
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

    /// Puts the body behind the gate.
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

/// A body behind a gate: it waits before the gate, and ends with an error where that is shut.
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
