//! Blocking work for asynchronous callers, on threads of its own and without a runtime.

use std::path::Path;
use std::pin::Pin;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::task::{Context, Poll, Waker};
use std::thread;

use crate::source::error::SourceError;

/// Runs `work` on a thread. The result is `None` if the work panics.
///
/// Dropping the future does not stop the work.
///
/// # Errors
///
/// Fails if the operating system cannot start a thread.
pub(crate) fn in_thread<T: Send + 'static>(
    work: impl FnOnce() -> T + Send + 'static,
) -> std::io::Result<impl Future<Output = Option<T>> + Send> {
    let slot = Arc::new(Mutex::new(Slot {
        result: None,
        is_over: false,
        waker: None,
    }));
    let finish = Finish(Arc::clone(&slot));
    thread::Builder::new()
        .name("pinpoint-iam-source".to_owned())
        .spawn(move || {
            let finish = finish;
            let result = work();
            finish.lock().result = Some(result);
        })?;
    Ok(Work(slot))
}

struct Slot<T> {
    result: Option<T>,
    is_over: bool,
    waker: Option<Waker>,
}

/// Wakes the future at the end of the work, also if it panics.
struct Finish<T>(Arc<Mutex<Slot<T>>>);

impl<T> Finish<T> {
    fn lock(&self) -> std::sync::MutexGuard<'_, Slot<T>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl<T> Drop for Finish<T> {
    fn drop(&mut self) {
        let waker = {
            let mut slot = self.lock();
            slot.is_over = true;
            slot.waker.take()
        };
        if let Some(waker) = waker {
            waker.wake();
        }
    }
}

struct Work<T>(Arc<Mutex<Slot<T>>>);

impl<T> Future for Work<T> {
    type Output = Option<T>;

    fn poll(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<T>> {
        let mut slot = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if slot.is_over {
            return Poll::Ready(slot.result.take());
        }
        slot.waker = Some(context.waker().clone());
        Poll::Pending
    }
}

/// Whether a source is being read. A read that hangs, for example on a network file system, must not be followed by
/// another thread that hangs for each poll.
#[derive(Clone, Debug, Default)]
pub(super) struct Reading(Arc<AtomicBool>);

impl Reading {
    /// Reads a source on a thread.
    ///
    /// # Errors
    ///
    /// Returns the errors of `read`, and an error if the previous read has not ended yet.
    pub(super) async fn run<T: Send + 'static>(
        &self,
        path: &Path,
        read: impl FnOnce() -> Result<T, SourceError> + Send + 'static,
    ) -> Result<T, SourceError> {
        if self.0.swap(true, Ordering::AcqRel) {
            let message = "is still being read since the previous attempt";
            return Err(SourceError::of_file(path, message));
        }
        let end = End(Arc::clone(&self.0));
        let work = in_thread(move || {
            let _end = end;
            read()
        });
        let failed = |message: String| SourceError::of_file(path, message);
        match work {
            Err(error) => Err(failed(format!("no thread can be started: {error}"))),
            Ok(work) => match work.await {
                Some(result) => result,
                None => Err(failed("reading panicked".to_owned())),
            },
        }
    }
}

struct End(Arc<AtomicBool>);

impl Drop for End {
    fn drop(&mut self) {
        self.0.store(false, Ordering::Release);
    }
}

#[cfg(test)]
mod tests {
    use std::pin::pin;
    use std::sync::mpsc::channel;

    use super::*;

    /// Waits for a future whose work is on another thread.
    fn wait<T>(future: impl Future<Output = T>) -> T {
        let mut future = pin!(future);
        let mut context = Context::from_waker(Waker::noop());
        loop {
            match future.as_mut().poll(&mut context) {
                Poll::Ready(result) => return result,
                Poll::Pending => thread::yield_now(),
            }
        }
    }

    #[test]
    fn a_read_that_hangs_is_not_followed_by_another() {
        let reading = Reading::default();
        let (release, released) = channel::<()>();
        let (end, ended) = channel::<()>();
        let path = Path::new("source");
        {
            // As after a timeout, the future is dropped while the thread hangs.
            let hanging = reading.run(path, move || {
                let _end = end;
                Ok(released.recv().is_ok())
            });
            let mut hanging = pin!(hanging);
            let mut context = Context::from_waker(Waker::noop());
            assert!(hanging.as_mut().poll(&mut context).is_pending());
        }
        let error = wait(reading.run(path, || Ok(()))).unwrap_err();
        let expected = "source: is still being read since the previous attempt";
        assert_eq!(error.to_string(), expected);
        release.send(()).unwrap();
        // The thread has returned from the read, and ends.
        assert!(ended.recv().is_err());
        while wait(reading.run(path, || Ok(()))).is_err() {
            thread::yield_now();
        }
    }

    #[test]
    fn a_panic_is_an_error() {
        let reading = Reading::default();
        let path = Path::new("source");
        let read = || -> Result<(), SourceError> { panic!("on purpose") };
        let error = wait(reading.run(path, read)).unwrap_err();
        assert_eq!(error.to_string(), "source: reading panicked");
        wait(reading.run(path, || Ok(()))).unwrap();
    }
}
