//! The arguments, which are those of Rust's test programs as far as they apply.

use std::num::NonZero;
use std::{env, thread};

/// The options of a run.
#[derive(Debug)]
pub(crate) struct Options {
    filters: Vec<String>,
    skip: Vec<String>,
    is_exact: bool,
    /// Whether the cases are only listed.
    pub(crate) lists: bool,
    /// The number of compilers that run at the same time.
    pub(crate) threads: usize,
    /// Whether the expected outputs are written.
    pub(crate) updates: bool,
}

impl Options {
    pub(crate) fn from_arguments() -> Self {
        let threads = thread::available_parallelism().map_or(1, NonZero::get);
        let mut options = Self {
            filters: Vec::new(),
            skip: Vec::new(),
            is_exact: false,
            lists: false,
            threads,
            updates: env::var_os("UPDATE_UI").is_some_and(|value| value == "1"),
        };
        let mut arguments = env::args().skip(1);
        while let Some(argument) = arguments.next() {
            let (name, value) = match argument.split_once('=') {
                Some((name, value)) if name.starts_with("--") => (name, Some(value.to_owned())),
                _ => (&*argument, None),
            };
            match name {
                "--exact" => options.is_exact = true,
                "--list" => options.lists = true,
                "--skip" => options.skip.extend(value.or_else(|| arguments.next())),
                "--test-threads" => {
                    let value = value.or_else(|| arguments.next());
                    let threads = value.and_then(|value| value.parse().ok());
                    options.threads = threads.unwrap_or(options.threads).max(1);
                }
                // These options take a value that is not a filter.
                "--color" | "--format" | "--logfile" | "--shuffle-seed" | "-Z" => {
                    drop(value.or_else(|| arguments.next()));
                }
                _ if name.starts_with('-') => {}
                _ => options.filters.push(argument),
            }
        }
        options
    }

    /// Returns whether the case with this name is selected.
    pub(crate) fn takes(&self, name: &str) -> bool {
        let is_in = |filter: &String| match self.is_exact {
            true => name == filter,
            false => name.contains(filter.as_str()),
        };
        (self.filters.is_empty() || self.filters.iter().any(is_in)) && !self.skip.iter().any(is_in)
    }
}
