//! Progress bars of long operations.

use std::env;

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
        let is_terminal_without_control = env::var_os("TERM").is_some_and(|name| name == "dumb");
        let is_shown = reader == Reader::Person && steps > 1 && !is_terminal_without_control;
        // It hides itself if standard error is not a terminal.
        let target = match is_shown {
            true => ProgressDrawTarget::stderr(),
            false => ProgressDrawTarget::hidden(),
        };
        let bar = ProgressBar::with_draw_target(u64::try_from(steps).ok(), target)
            .with_finish(ProgressFinish::AndClear)
            .with_prefix(verb);
        let plain = ProgressStyle::default_bar().progress_chars("=> ");
        if let Ok(style) = plain.template("{prefix:>12} [{bar:30}] {pos}/{len}") {
            bar.set_style(style);
        }
        bar.tick();
        Self(bar)
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
