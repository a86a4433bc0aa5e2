//! A replay: two sets of policies, and the settings.

use std::cmp::Reverse;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Mutex, PoisonError};
use std::thread;

use pinpoint_iam::action::ServiceMetadata;

use crate::input::{LogFile, LogPart, Progress};
use crate::joined::Joined;
use crate::policies::Policies;
use crate::report::Report;
use crate::settings::Settings;
use crate::used::{Recorder, UsedPermissions};
use crate::worker::Worker;

/// The number of examples of each result, unless it is set.
const EXAMPLES: usize = 3;

/// Decides logged requests with the old and with the new policies. See the [crate](crate) for an example.
#[derive(Debug)]
pub struct Replay {
    pub(crate) settings: Settings,
}

impl Replay {
    /// Creates a replay with the policies before and after a change.
    pub const fn new(old: Policies, new: Policies) -> Self {
        Self {
            settings: Settings {
                old,
                new,
                services: Vec::new(),
                collects_used: false,
                examples: EXAMPLES,
            },
        }
    }

    /// Adds services whose events of CloudTrail can be replayed. An event of another service is not replayable. Records of a
    /// decision log are replayed for all services, and those for the actions of these services faster.
    ///
    /// The [event sources](ServiceMetadata::event_sources) of a service identify its events, and the name of the operation
    /// is the name of the action. The catalog determines the ARN of the resource from the parameters of the request.
    #[must_use]
    pub fn with_services(
        mut self,
        services: impl IntoIterator<Item = &'static ServiceMetadata>,
    ) -> Self {
        let known = self.settings.services.len();
        self.settings.services.extend(services);
        let added = self.settings.services.get(known..).unwrap_or_default();
        self.settings.old = self.settings.old.with_services(added);
        self.settings.new = self.settings.new.with_services(added);
        self
    }

    /// Collects the permissions that the requests have used, for [`Report::used`]: those that the new policies allow.
    #[must_use]
    pub const fn with_used_permissions(mut self) -> Self {
        self.settings.collects_used = true;
        self
    }

    /// Whether the log has to be read also if both policies are equal.
    pub(crate) const fn needs_log(&self) -> bool {
        self.settings.collects_used
    }

    /// Sets how many examples of each result the report contains. The default is 3.
    #[must_use]
    pub const fn with_examples(mut self, examples: usize) -> Self {
        self.settings.examples = examples;
        self
    }

    /// Returns how many examples of each result the report contains.
    pub const fn examples(&self) -> usize {
        self.settings.examples
    }

    /// Whether an [exact comparison](pinpoint_iam_compare::stores_are_equal) proves that the new policies decide every
    /// request like the old ones, so that no log needs to be read.
    pub fn is_equal(&self) -> bool {
        self.settings.old.is_equal_to(&self.settings.new)
    }

    /// Returns a text that differs for different policies and settings.
    pub(crate) fn describe(&self) -> String {
        let (old, new) = (self.settings.old.describe(), self.settings.new.describe());
        let version = env!("CARGO_PKG_VERSION");
        let services = self.settings.services.iter().map(|service| {
            let (sources, actions) = (service.event_sources, service.actions);
            format!(" {service:?} {sources:?} {actions:?}")
        });
        let services: String = services.collect();
        format!(
            "{version} {} {} {} {old} {} {new}{services}",
            self.settings.examples,
            self.settings.collects_used,
            old.len(),
            new.len()
        )
    }

    /// Returns the result without any records: every statement has decided nothing.
    pub fn empty_report(&self) -> Report {
        let mut report = Report::default();
        for statement in self.settings.old.statements() {
            report.old_statements.entry(statement).or_default();
        }
        for statement in self.settings.new.statements() {
            report.new_statements.entry(statement).or_default();
        }
        if self.settings.collects_used {
            let granted =
                Recorder::new(&self.settings.services).granted(self.settings.new.allowed_actions());
            report.used = Some(UsedPermissions {
                granted,
                ..UsedPermissions::default()
            });
        }
        report
    }

    /// Decides the requests of the files with this many threads, and returns the result.
    pub fn run(&self, files: &[LogFile], threads: usize, progress: &Progress) -> Report {
        let total = Mutex::new(self.empty_report());
        self.run_each(files, threads, progress, |part| {
            let mut total = total.lock().unwrap_or_else(PoisonError::into_inner);
            total.merge(part, self.settings.examples);
        });
        total.into_inner().unwrap_or_else(PoisonError::into_inner)
    }

    /// Decides the requests of the files with this many threads, and passes the result for each file to `finished`, in any
    /// order. Several threads read different files, and different parts of a long file with lines.
    pub fn run_each(
        &self,
        files: &[LogFile],
        threads: usize,
        progress: &Progress,
        finished: impl Fn(Report) + Sync,
    ) {
        // The longest first, so that the threads end at about the same time.
        let mut files: Vec<&LogFile> = files.iter().collect();
        files.sort_by_key(|file| Reverse(file.bytes()));
        let files: Vec<FileParts<'_>> = files.into_iter().map(FileParts::of).collect();
        let parts: Vec<(&FileParts<'_>, usize, LogPart)> = files
            .iter()
            .flat_map(|file| {
                let parts = file.parts.iter().enumerate();
                parts.map(move |(number, part)| (file, number, *part))
            })
            .collect();
        let next = AtomicUsize::new(0);
        let work = || {
            let mut worker = Worker::new(&self.settings);
            while let Some((file, number, part)) = parts.get(next.fetch_add(1, Ordering::Relaxed)) {
                let result = worker.part(file.file, *part, progress);
                let mut joined = file.joined.lock().unwrap_or_else(PoisonError::into_inner);
                joined.add(*number, result, self.settings.examples);
                if joined.len() == file.parts.len() {
                    finished(std::mem::take(&mut *joined).into_report(file.file));
                }
            }
        };
        thread::scope(|scope| {
            for _ in 1..threads.min(parts.len()) {
                scope.spawn(work);
            }
            work();
        });
    }
}

/// A file with the results of its parts.
struct FileParts<'f> {
    file: &'f LogFile,
    parts: Vec<LogPart>,
    joined: Mutex<Joined>,
}

impl<'f> FileParts<'f> {
    fn of(file: &'f LogFile) -> Self {
        Self {
            file,
            parts: file.parts(),
            joined: Mutex::default(),
        }
    }
}
