//! A decision log and the log of the program: failures and losses are reported, and records can be events.

#![expect(clippy::unwrap_used, reason = "a test whose set-up fails has failed")]

use std::cell::RefCell;
use std::io;
use std::sync::mpsc::{Receiver, Sender, channel};
use std::time::Duration;

use pinpoint_iam::context::Context;
use pinpoint_iam::decision_log::{DecisionLog, DecisionSink, Record, TracingSink};
use pinpoint_iam::mobiletargeting::{App, GetApp};
use pinpoint_iam::source::PolicyStore;
use pinpoint_iam::{Authorizer, Principal, Scope};
use tracing::Level;
use tracing::subscriber::{DefaultGuard, set_default};

use crate::log::Log;

thread_local! {
    /// The subscriber of the thread that writes a decision log.
    static SUBSCRIBER: RefCell<Option<DefaultGuard>> = const { RefCell::new(None) };
}

/// A sink that takes the outcome of each record from a channel, and succeeds if that is closed.
struct Sink {
    log: Log,
    outcomes: Receiver<io::Result<()>>,
}

impl DecisionSink for Sink {
    fn write(&mut self, _: &Record<'_>) -> io::Result<()> {
        SUBSCRIBER.with_borrow_mut(|own| {
            own.get_or_insert_with(|| set_default(self.log.clone()));
        });
        self.outcomes.recv().unwrap_or(Ok(()))
    }
}

struct Service {
    authorizer: Authorizer,
    decisions: DecisionLog,
    outcomes: Sender<io::Result<()>>,
    log: Log,
}

impl Service {
    fn start(capacity: usize) -> Self {
        let log = Log::up_to(Level::DEBUG);
        let (sender, outcomes) = channel();
        let sink = Sink {
            log: log.clone(),
            outcomes,
        };
        let decisions = DecisionLog::builder().capacity(capacity).start(sink);
        let decisions = decisions.unwrap();
        let authorizer = Authorizer::builder()
            .scope(Scope::new("aws", "us-east-1", "123456789012"))
            .source(PolicyStore::new())
            .decision_log(decisions.clone())
            .build()
            .unwrap();
        Self {
            authorizer,
            decisions,
            outcomes: sender,
            log,
        }
    }

    fn decide(&self) {
        let ana = Principal::from_arn("arn:aws:iam::123456789012:user/ana").unwrap();
        let context = Context::new();
        let guard = self.authorizer.guard(&ana, &context);
        guard.check(GetApp, &App::new("a1").unwrap()).unwrap_err();
    }

    fn flush(&self) {
        assert!(self.decisions.flush(Duration::from_secs(60)));
    }
}

#[test]
fn the_first_of_several_failures_and_the_first_success_are_reported() {
    let service = Service::start(8);
    for (outcome, expected) in [
        (Ok(()), ""),
        (Err("disk full"), "ERROR disk full"),
        (Err("still full"), "ERROR disk full"),
        (Ok(()), "ERROR disk full, WARN 2"),
        (Ok(()), "ERROR disk full, WARN 2"),
        (Err("gone"), "ERROR disk full, WARN 2, ERROR gone"),
    ] {
        let outcome = outcome.map_err(io::Error::other);
        service.outcomes.send(outcome).unwrap();
        service.decide();
        service.flush();
        let lines = service.log.lines();
        let lines = lines.lines().map(|line| {
            if line.contains("the decision log is written again") {
                assert!(line.contains("failed=2"), "{line}");
                return "WARN 2".to_owned();
            }
            assert!(
                line.contains("the decision log cannot be written"),
                "{line}"
            );
            assert!(line.contains("records=1"), "{line}");
            let error = line.split("error=").nth(1).unwrap();
            let error = error.split(" records").next().unwrap();
            format!("{} {error}", line.split(' ').next().unwrap())
        });
        assert_eq!(lines.collect::<Vec<_>>().join(", "), expected);
    }
}

#[test]
fn lost_records_are_reported() {
    let service = Service::start(2);
    for _ in 0..5 {
        service.decide();
    }
    assert_eq!(service.decisions.counts().lost, 3);
    let Service {
        decisions,
        outcomes,
        log,
        ..
    } = service;
    drop(outcomes);
    assert!(decisions.flush(Duration::from_secs(60)));
    let lines = log.lines();
    assert_eq!(lines.lines().count(), 1, "{lines}");
    assert!(lines.starts_with("ERROR"), "{lines}");
    assert!(lines.contains("lost records"), "{lines}");
    assert!(lines.contains("new=3 lost=3"), "{lines}");
}

#[test]
fn records_are_events_of_their_own_target() {
    let record = r#"{"v":1,"time":"2026-11-29T03:12:15.123456Z","principal":{"kind":"anonymous"},"#
        .to_owned()
        + r#""action":"mobiletargeting:GetApp","outcome":"deny","revision":"7","ns":5}"#;
    for (target, level, is_written) in [
        ("pinpoint_iam::decisions", Level::INFO, true),
        ("pinpoint_iam::decisions", Level::WARN, false),
        ("pinpoint_iam::check", Level::TRACE, false),
    ] {
        let log = Log::of(target, level);
        let subscriber = set_default(log.clone());
        let parsed = Record::parse(&record).unwrap();
        TracingSink.write(&parsed).unwrap();
        drop(subscriber);
        let lines = log.lines();
        let expected = format!("record={record:?}");
        assert_eq!(lines.contains(&expected), is_written, "{target}: {lines}");
        assert_eq!(lines.starts_with("INFO"), is_written, "{target}: {lines}");
        assert_eq!(lines.lines().count(), usize::from(is_written), "{target}");
    }
}
