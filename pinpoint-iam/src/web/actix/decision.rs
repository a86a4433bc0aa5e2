//! Decisions that may have to wait.

use std::cell::{Cell, RefCell};
use std::future::{Future, poll_fn};
use std::pin::{Pin, pin};
use std::rc::{Rc, Weak};
use std::task::{Context, Poll, Waker};

use actix_web::dev::Payload;
use actix_web::{Error, HttpMessage, HttpRequest};

use super::gate::Gate;
use crate::denial::Denied;

/// The future of an extractor that runs a check. It is ready on the first poll, unless it waits for tags of resources.
#[must_use = "futures do nothing unless polled"]
pub struct CheckFuture<T>(Stage<T>);

enum Stage<T> {
    Made(Option<Result<T, Error>>),
    Waiting(Rc<Decision<T>>),
}

/// The effect of a denial.
#[derive(Clone, Copy, PartialEq)]
pub(super) enum Refusal {
    /// The handler does not run: the body is withheld, and the denial is the response.
    Ends,
    /// The handler still runs, because its parameter may be an `Option`.
    IsAnAnswer,
}

impl<T: 'static> CheckFuture<T> {
    /// Creates the future of a finished check.
    pub(super) fn made(outcome: Result<T, Error>) -> Self {
        Self(Stage::Made(Some(outcome)))
    }

    /// Creates the future of a denial. The body is withheld from all extractors.
    pub(super) fn refused(payload: &mut Payload, error: Error) -> Self {
        drop(payload.take());
        Self::made(Err(error))
    }

    /// Creates the future of a check that waits. The body is withheld until it is decided.
    pub(super) fn waiting(
        request: &HttpRequest,
        payload: &mut Payload,
        refusal: Refusal,
        outcome: impl Future<Output = Result<T, Error>> + 'static,
    ) -> Self {
        let gate = Rc::new(Gate::default());
        gate.withhold(payload);
        if refusal == Refusal::Ends {
            request.extensions_mut().insert(Rc::clone(&gate));
        }
        let decision = Rc::new(Decision {
            state: Cell::new(State::Waiting(Box::pin(outcome))),
            gate,
            refusal,
        });
        if let Some(keeper) = DecisionStore::of(request) {
            keeper.keep(decision.clone());
        }
        Self(Stage::Waiting(decision))
    }
}

impl<T> Future for CheckFuture<T> {
    type Output = Result<T, Error>;

    fn poll(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Result<T, Error>> {
        match &mut self.get_mut().0 {
            Stage::Made(outcome) => Poll::Ready(outcome.take().unwrap_or_else(taken)),
            Stage::Waiting(decision) => decision.poll_made(context).map(|()| decision.take()),
        }
    }
}

// The outcome is moved and never pinned.
impl<T> Unpin for CheckFuture<T> {}

/// Waits for the decision, and returns whether the gate of this request's handler is open. `None` if there was no need
/// to wait.
pub(super) async fn wait_for_decision(request: &HttpRequest) -> Option<bool> {
    let gate = request.extensions().get::<Rc<Gate>>().cloned()?;
    Some(poll_fn(|context| gate.poll_open(context)).await)
}

/// Returns the output of a future that is ready on its first poll.
pub(super) fn at_once<F: Future>(future: F) -> Option<F::Output> {
    let mut context = Context::from_waker(Waker::noop());
    match pin!(future).poll(&mut context) {
        Poll::Ready(output) => Some(output),
        Poll::Pending => None,
    }
}

/// A decision that waits.
struct Decision<T> {
    state: Cell<State<T>>,
    gate: Rc<Gate>,
    refusal: Refusal,
}

enum State<T> {
    Waiting(Pin<Box<dyn Future<Output = Result<T, Error>>>>),
    Made(Result<T, Error>),
    Taken,
}

impl<T> Decision<T> {
    fn take(&self) -> Result<T, Error> {
        match self.state.replace(State::Taken) {
            State::Made(outcome) => outcome,
            State::Waiting(_) | State::Taken => taken(),
        }
    }
}

impl<T> Drop for Decision<T> {
    fn drop(&mut self) {
        // Tasks that still wait at the gate would otherwise wait forever.
        self.gate.decide(false);
    }
}

fn taken<T>() -> Result<T, Error> {
    Err(Denied::misconfigured("the decision of a request was polled after its completion").into())
}

/// A decision, independent of the type of its output.
trait Waiting {
    fn poll_made(&self, context: &mut Context<'_>) -> Poll<()>;

    /// Takes the denial, if there is one and no extractor has taken it.
    fn take_refusal(&self) -> Option<Error>;
}

impl<T> Waiting for Decision<T> {
    fn poll_made(&self, context: &mut Context<'_>) -> Poll<()> {
        let state = match self.state.replace(State::Taken) {
            State::Waiting(mut outcome) => {
                match self.gate.deciding(|| outcome.as_mut().poll(context)) {
                    Poll::Pending => {
                        self.state.set(State::Waiting(outcome));
                        return Poll::Pending;
                    }
                    Poll::Ready(outcome) => {
                        self.gate
                            .decide(outcome.is_ok() || self.refusal == Refusal::IsAnAnswer);
                        State::Made(outcome)
                    }
                }
            }
            made => made,
        };
        self.state.set(state);
        Poll::Ready(())
    }

    fn take_refusal(&self) -> Option<Error> {
        match self.state.replace(State::Taken) {
            State::Made(Err(error)) if self.refusal == Refusal::Ends => Some(error),
            other => {
                self.state.set(other);
                None
            }
        }
    }
}

/// Stores the decisions of a request while another task waits for them, even after their extractors are dropped.
///
/// The request has only a weak reference to the store, because a decision may own the request.
#[derive(Default)]
pub(super) struct DecisionStore(RefCell<Vec<Rc<dyn Waiting>>>);

impl DecisionStore {
    /// Installs a store for the decisions of `request`.
    pub(super) fn install(request: &HttpRequest) -> Rc<Self> {
        let keeper = Rc::new(Self::default());
        request.extensions_mut().insert(Rc::downgrade(&keeper));
        keeper
    }

    fn of(request: &HttpRequest) -> Option<Rc<Self>> {
        request.extensions().get::<Weak<Self>>()?.upgrade()
    }

    fn keep(&self, decision: Rc<dyn Waiting>) {
        self.0.borrow_mut().push(decision);
    }

    /// Waits for the decisions, and leaves their outcomes to the extractors.
    pub(super) async fn made(&self) {
        let decisions = self.0.borrow().clone();
        for decision in decisions {
            poll_fn(|context| decision.poll_made(context)).await;
        }
    }

    /// Waits for the decisions, and returns a denial that no extractor has taken.
    pub(super) async fn refusal(&self) -> Option<Error> {
        self.made().await;
        let decisions = self.0.take();
        decisions
            .iter()
            .find_map(|decision| decision.take_refusal())
    }
}

#[cfg(test)]
mod tests {
    use actix_web::test::TestRequest;

    use super::*;

    fn gate_of<T>(check: &CheckFuture<T>) -> Rc<Gate> {
        match &check.0 {
            Stage::Waiting(decision) => Rc::clone(&decision.gate),
            Stage::Made(_) => Rc::default(),
        }
    }

    fn waiting(refusal: Refusal, passes: bool) -> CheckFuture<()> {
        let request = TestRequest::default().to_http_request();
        let outcome = match passes {
            true => Ok(()),
            false => Err(Denied::unauthenticated().into()),
        };
        CheckFuture::waiting(&request, &mut Payload::None, refusal, async { outcome })
    }

    #[test]
    fn a_denial_that_ends_the_request_keeps_the_body_closed() {
        let mut context = Context::from_waker(Waker::noop());
        for (refusal, passes, is_open) in [
            (Refusal::Ends, true, true),
            (Refusal::Ends, false, false),
            (Refusal::IsAnAnswer, true, true),
            (Refusal::IsAnAnswer, false, true),
        ] {
            let mut check = waiting(refusal, passes);
            let gate = gate_of(&check);
            assert!(gate.poll_open(&mut context).is_pending());
            assert!(Pin::new(&mut check).poll(&mut context).is_ready());
            assert_eq!(gate.poll_open(&mut context), Poll::Ready(is_open));
        }
    }

    #[test]
    fn a_check_that_is_given_up_keeps_the_body_closed() {
        let mut context = Context::from_waker(Waker::noop());
        let check = waiting(Refusal::Ends, true);
        let gate = gate_of(&check);
        drop(check);
        assert_eq!(gate.poll_open(&mut context), Poll::Ready(false));
    }
}
