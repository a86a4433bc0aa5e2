//! The log of a test.

#![expect(clippy::unwrap_used, reason = "a test whose set-up fails has failed")]

use std::fmt::{Debug, Write};
use std::sync::{Arc, Mutex, OnceLock};

use tracing::field::{Field, Visit};
use tracing::span::{Attributes, Id, Record};
use tracing::{Dispatch, Event, Level, Metadata, Subscriber};

/// The log lines of one thread, up to a level.
#[derive(Clone)]
pub(crate) struct Log {
    lines: Arc<Mutex<String>>,
    target: &'static str,
    level: Level,
}

impl Default for Log {
    fn default() -> Self {
        Self::up_to(Level::INFO)
    }
}

impl Log {
    pub(crate) fn up_to(level: Level) -> Self {
        Self::of("pinpoint_iam", level)
    }

    /// The lines of the targets that start with `target`.
    pub(crate) fn of(target: &'static str, level: Level) -> Self {
        keep_enabled();
        Self::new(target, level)
    }

    fn new(target: &'static str, level: Level) -> Self {
        Self {
            lines: Arc::default(),
            target,
            level,
        }
    }

    pub(crate) fn lines(&self) -> String {
        self.lines.lock().unwrap().clone()
    }
}

/// While a program has one subscriber, an event that a thread without it reaches first is disabled for all threads. Two
/// that are never dropped prevent this.
fn keep_enabled() {
    static OTHERS: OnceLock<[Dispatch; 2]> = OnceLock::new();
    OTHERS.get_or_init(|| {
        [Level::TRACE; 2].map(|level| Dispatch::new(Log::new("pinpoint_iam", level)))
    });
}

struct Line<'a>(&'a mut String);

impl Visit for Line<'_> {
    fn record_debug(&mut self, field: &Field, value: &dyn Debug) {
        write!(self.0, " {}={value:?}", field.name()).unwrap();
    }
}

impl Subscriber for Log {
    fn enabled(&self, metadata: &Metadata<'_>) -> bool {
        metadata.target().starts_with(self.target) && *metadata.level() <= self.level
    }

    fn new_span(&self, _: &Attributes<'_>) -> Id {
        Id::from_u64(1)
    }

    fn record(&self, _: &Id, _: &Record<'_>) {}

    fn record_follows_from(&self, _: &Id, _: &Id) {}

    fn event(&self, event: &Event<'_>) {
        let mut log = self.lines.lock().unwrap();
        log.push_str(event.metadata().level().as_str());
        event.record(&mut Line(&mut log));
        log.push('\n');
    }

    fn enter(&self, _: &Id) {}

    fn exit(&self, _: &Id) {}
}

/// The spans of checks of one thread, each with the fields that it has recorded.
#[derive(Clone)]
pub(crate) struct Spans(Arc<Mutex<Vec<String>>>);

impl Spans {
    pub(crate) fn start() -> Self {
        keep_enabled();
        Self(Arc::default())
    }

    pub(crate) fn recorded(&self) -> Vec<String> {
        self.0.lock().unwrap().clone()
    }
}

impl Subscriber for Spans {
    fn enabled(&self, metadata: &Metadata<'_>) -> bool {
        metadata.target() == "pinpoint_iam::check"
    }

    fn new_span(&self, span: &Attributes<'_>) -> Id {
        let mut spans = self.0.lock().unwrap();
        spans.push(span.metadata().name().to_owned());
        Id::from_u64(spans.len() as u64)
    }

    fn record(&self, id: &Id, record: &Record<'_>) {
        let mut spans = self.0.lock().unwrap();
        let index = usize::try_from(id.into_u64()).unwrap() - 1;
        record.record(&mut Line(spans.get_mut(index).unwrap()));
    }

    fn record_follows_from(&self, _: &Id, _: &Id) {}

    fn event(&self, _: &Event<'_>) {}

    fn enter(&self, _: &Id) {}

    fn exit(&self, _: &Id) {}
}
