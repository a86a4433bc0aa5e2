//! Progress bars of long operations.

use std::env;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::mpsc::{self, RecvTimeoutError};
use std::thread;
use std::time::Duration;

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressFinish, ProgressStyle};

use crate::output::Format;

/// Who reads the output of a command.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Reader {
    /// A person.
    Person,
    /// A program, for example of JSON.
    Program,
}

impl Reader {
    pub(crate) const fn of(format: Format) -> Self {
        match format {
            Format::Human => Self::Person,
            Format::Json => Self::Program,
        }
    }
}

/// A progress bar on standard error. It disappears when it is dropped.
///
/// There is none if standard error is not a terminal, if a program reads the output, or if there is only one step.
#[derive(Debug)]
pub(crate) struct Progress(ProgressBar);

impl Progress {
    /// Shows a bar for a number of steps.
    pub(crate) fn new(verb: &'static str, steps: usize, reader: Reader) -> Self {
        let steps = u64::try_from(steps).unwrap_or(u64::MAX);
        Self(bar(verb, steps, "{pos}/{len}", reader))
    }

    /// Completes a step.
    pub(crate) fn step(&self) {
        self.0.inc(1);
    }

    /// Hides the bar while something else is printed, so that they do not mix.
    pub(crate) fn hide<T>(&self, print: impl FnOnce() -> T) -> T {
        self.0.suspend(print)
    }
}

/// A progress bar for bytes, which other threads count. Otherwise the same as [`Progress`].
#[derive(Debug)]
pub(crate) struct BytesBar(ProgressBar);

impl BytesBar {
    /// Shows a bar for a number of bytes.
    pub(crate) fn new(verb: &'static str, bytes: u64, reader: Reader) -> Self {
        Self(bar(verb, bytes, "{bytes}/{total_bytes}", reader))
    }

    /// Shows how far `done` is while `work` runs.
    pub(crate) fn follow(self, done: &AtomicU64, work: impl FnOnce()) {
        const INTERVAL: Duration = Duration::from_millis(100);
        if self.0.is_hidden() {
            return work();
        }
        let (ended, has_ended) = mpsc::channel::<()>();
        let bar = &self.0;
        thread::scope(|scope| {
            scope.spawn(move || {
                // It disconnects as soon as the work has ended, also by a panic.
                while has_ended.recv_timeout(INTERVAL) == Err(RecvTimeoutError::Timeout) {
                    bar.set_position(done.load(Ordering::Relaxed));
                }
            });
            let _ended = ended;
            work();
        });
    }
}

fn bar(verb: &'static str, length: u64, numbers: &str, reader: Reader) -> ProgressBar {
    let is_terminal_without_control = env::var_os("TERM").is_some_and(|name| name == "dumb");
    let is_shown = reader == Reader::Person && length > 1 && !is_terminal_without_control;
    // It hides itself if standard error is not a terminal.
    let target = match is_shown {
        true => ProgressDrawTarget::stderr(),
        false => ProgressDrawTarget::hidden(),
    };
    let bar = ProgressBar::with_draw_target(Some(length), target)
        .with_finish(ProgressFinish::AndClear)
        .with_prefix(verb);
    let plain = ProgressStyle::default_bar().progress_chars("=> ");
    if let Ok(style) = plain.template(&format!("{{prefix:>12}} [{{bar:30}}] {numbers}")) {
        bar.set_style(style);
    }
    bar.tick();
    bar
}
