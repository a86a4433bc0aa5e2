//! Metrics of decisions and policies, through the facade `metrics`.
//!
//! No label depends on a request, on a caller or on the content of policies, so that the number of series is bounded by
//! the catalogs.

use std::cell::{Cell, RefCell};
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use metrics::{
    Unit, counter, describe_counter, describe_gauge, describe_histogram, gauge, histogram,
};

use super::observing::{Observed, Subject};
use super::{Authorizer, AuthorizerBuilder, Inner};
use crate::freshness::FreshnessState;

const DECISIONS: &str = "pinpoint_iam_decisions_total";
const DURATION: &str = "pinpoint_iam_decision_duration_seconds";
const LOADS: &str = "pinpoint_iam_loads_total";
const AGE: &str = "pinpoint_iam_policies_age_seconds";
const STATE: &str = "pinpoint_iam_policies_state";
const KEY_FETCHES: &str = "pinpoint_iam_resource_key_fetches_total";
const KEY_FAILURES: &str = "pinpoint_iam_resource_key_failures_total";
#[cfg(feature = "refresh")]
const LAST_GOOD_FAILURES: &str = "pinpoint_iam_last_good_failures_total";
#[cfg(feature = "on-demand")]
const LOOK_UPS: &str = "pinpoint_iam_principal_look_ups_total";
#[cfg(feature = "on-demand")]
const PRINCIPAL_LOADS: &str = "pinpoint_iam_principal_loads_total";
#[cfg(feature = "on-demand")]
const PRINCIPAL_FAILURES: &str = "pinpoint_iam_principal_load_failures_total";
#[cfg(feature = "on-demand")]
const SUPERSEDED: &str = "pinpoint_iam_principal_loads_superseded_total";
#[cfg(feature = "on-demand")]
const INVALIDATIONS: &str = "pinpoint_iam_principal_invalidations_total";
#[cfg(feature = "on-demand")]
const OVERFLOWS: &str = "pinpoint_iam_principal_cache_overflows_total";
#[cfg(feature = "on-demand")]
const CACHED: &str = "pinpoint_iam_principal_cache_entries";
#[cfg(feature = "on-demand")]
const CACHED_BYTES: &str = "pinpoint_iam_principal_cache_bytes";
#[cfg(feature = "decision-log")]
const RECORDS: &str = "pinpoint_iam_decision_log_records_total";

/// The metrics of an authorizer.
pub(super) struct Metrics {
    /// The value of the label `authorizer`.
    name: &'static str,
    /// The successful and the failed calls of `reload` and `replace`.
    loaded: AtomicU64,
    rejected: AtomicU64,
}

/// One decision.
struct Measure {
    subject: Subject,
    observed: Observed,
    duration: Duration,
}

/// A decision that is being made.
#[derive(Clone, Copy)]
pub(super) struct Measuring<'a> {
    metrics: &'a Metrics,
    started: Instant,
}

impl<'a> Measuring<'a> {
    #[inline]
    pub(super) fn start(authorizer: &'a Authorizer) -> Option<Self> {
        authorizer.inner.metrics.as_ref().map(|metrics| Self {
            metrics,
            started: Instant::now(),
        })
    }

    /// Counts the decision, unless it is one of a check that may be repeated.
    pub(super) fn end(&self, subject: Subject, observed: Observed) {
        let measure = Measure {
            subject,
            observed,
            duration: self.started.elapsed(),
        };
        self.metrics.count(measure);
    }
}

thread_local! {
    static STAGED: RefCell<Vec<Measure>> = const { RefCell::new(Vec::new()) };
    /// The metrics whose decisions this thread keeps back.
    static STAGE: Cell<Option<usize>> = const { Cell::new(None) };
}

/// Keeps the decisions of this thread back. Dropping it discards them.
pub(super) struct Measures<'a> {
    metrics: &'a Metrics,
    start: usize,
    outer: Option<usize>,
}

impl Measures<'_> {
    /// Counts the decisions.
    pub(super) fn keep(self) {
        let (metrics, measures) = (self.metrics, self.take());
        drop(self);
        for measure in measures {
            metrics.count(measure);
        }
    }

    fn take(&self) -> Vec<Measure> {
        STAGED.with_borrow_mut(|staged| match staged.len() > self.start {
            true => staged.split_off(self.start),
            false => Vec::new(),
        })
    }
}

impl Drop for Measures<'_> {
    fn drop(&mut self) {
        drop(self.take());
        STAGE.set(self.outer);
    }
}

impl Metrics {
    /// A number that identifies the metrics while they exist.
    fn id(&self) -> usize {
        std::ptr::from_ref(self).addr()
    }

    /// Keeps the decisions of a check that may be repeated back, on this thread.
    pub(super) fn stage(&self) -> Measures<'_> {
        Measures {
            metrics: self,
            start: STAGED.with_borrow(Vec::len),
            outer: STAGE.replace(Some(self.id())),
        }
    }

    /// Counts the decision, or keeps it back.
    fn count(&self, measure: Measure) {
        match STAGE.get() {
            Some(staged) if staged == self.id() => {
                STAGED.with_borrow_mut(|staged| staged.push(measure));
            }
            _ => self.emit(&measure),
        }
    }

    fn emit(&self, measure: &Measure) {
        let Measure {
            subject,
            observed,
            duration,
        } = measure;
        counter!(
            DECISIONS,
            "authorizer" => self.name,
            "service" => subject.service,
            "action" => subject.action,
            "outcome" => observed.outcome,
            "reason" => observed.reason,
        )
        .increment(1);
        histogram!(DURATION, "authorizer" => self.name, "outcome" => observed.outcome)
            .record(*duration);
    }

    /// Sets a counter to a number that was counted elsewhere.
    #[cfg(any(feature = "refresh", feature = "on-demand"))]
    fn set(&self, name: &'static str, count: u64) {
        counter!(name, "authorizer" => self.name).absolute(count);
    }

    fn set_with(&self, name: &'static str, label: (&'static str, &'static str), count: u64) {
        counter!(name, "authorizer" => self.name, label.0 => label.1).absolute(count);
    }
}

impl AuthorizerBuilder {
    /// Emits metrics through the crate [`metrics`](https://docs.rs/metrics), with `name` as their label `authorizer`. The
    /// authorizers of a program need different names.
    ///
    /// Requires the feature `metrics`. Without this setting, a decision costs one branch more. The guide's chapter
    /// "Running it" has the table of all metrics. No label contains ids, ARNs or other data of requests or policies.
    ///
    /// Each decision is counted when it is made, on the thread of the request, by the recorder that the program has
    /// installed. All other metrics are sent by [`Authorizer::report_metrics`].
    #[must_use]
    pub fn metrics(mut self, name: &'static str) -> Self {
        self.metrics = Some(Metrics {
            name,
            loaded: AtomicU64::new(0),
            rejected: AtomicU64::new(0),
        });
        self
    }
}

impl Authorizer {
    /// Sends the metrics that are not counted with each decision: the age of the policies, loads, caches, and the records
    /// of the decision log.
    ///
    /// Call it before the metrics are read, or every few seconds. The `Refresher` also calls it
    /// after each poll. Does nothing without [`AuthorizerBuilder::metrics`].
    pub fn report_metrics(&self) {
        self.inner.report_metrics();
    }
}

impl Inner {
    /// Counts a call of `reload` or `replace`.
    pub(super) fn count_load(&self, is_successful: bool) {
        if let Some(metrics) = &self.metrics {
            let counter = match is_successful {
                true => &metrics.loaded,
                false => &metrics.rejected,
            };
            counter.fetch_add(1, Ordering::Relaxed);
        }
    }

    pub(super) fn report_metrics(&self) {
        let Some(metrics) = &self.metrics else { return };
        describe();
        let name = metrics.name;
        let of = |counter: &AtomicU64| counter.load(Ordering::Relaxed);

        let freshness = self.states.freshness();
        gauge!(AGE, "authorizer" => name).set(freshness.age);
        for (label, state) in [
            ("fresh", FreshnessState::Fresh),
            ("stale", FreshnessState::Stale),
            ("expired", FreshnessState::Expired),
        ] {
            let is_current = f64::from(u8::from(freshness.state == state));
            gauge!(STATE, "authorizer" => name, "state" => label).set(is_current);
        }

        #[cfg(feature = "refresh")]
        let refreshes = self.refresh_counts();
        #[cfg(feature = "refresh")]
        let (changed, rejected) = (refreshes.changed, refreshes.rejected);
        #[cfg(not(feature = "refresh"))]
        let (changed, rejected) = (0, 0);
        metrics.set_with(LOADS, ("outcome", "changed"), changed + of(&metrics.loaded));
        metrics.set_with(
            LOADS,
            ("outcome", "rejected"),
            rejected + of(&metrics.rejected),
        );
        #[cfg(feature = "refresh")]
        if self.refresh.is_some() {
            for (outcome, count) in [
                ("unchanged", refreshes.unchanged),
                ("superseded", refreshes.superseded),
                ("unavailable", refreshes.unavailable),
            ] {
                metrics.set_with(LOADS, ("outcome", outcome), count);
            }
            metrics.set(LAST_GOOD_FAILURES, refreshes.last_good_failures);
        }

        for (kind, fetches, failures) in [
            ("keys", &self.key_fetches, &self.key_failures),
            ("tags", &self.tag_fetches, &self.tag_failures),
        ] {
            metrics.set_with(KEY_FETCHES, ("kind", kind), of(fetches));
            metrics.set_with(KEY_FAILURES, ("kind", kind), of(failures));
        }

        #[cfg(feature = "on-demand")]
        if self.on_demand.is_some() {
            let counts = self.principal_cache_counts();
            metrics.set_with(LOOK_UPS, ("result", "hit"), counts.hits);
            metrics.set_with(LOOK_UPS, ("result", "miss"), counts.misses);
            metrics.set(PRINCIPAL_LOADS, counts.loads);
            metrics.set(PRINCIPAL_FAILURES, counts.failures);
            metrics.set(SUPERSEDED, counts.superseded);
            metrics.set(INVALIDATIONS, counts.invalidations);
            metrics.set(OVERFLOWS, counts.overflows);
            for (kind, entries, bytes) in [
                ("principals", counts.entries, counts.entry_bytes),
                (
                    "managed_policies",
                    counts.managed_policies,
                    counts.managed_bytes,
                ),
            ] {
                // A gauge has a mantissa of 53 bits, which is enough for any memory.
                gauge!(CACHED, "authorizer" => name, "kind" => kind).set(entries as f64);
                gauge!(CACHED_BYTES, "authorizer" => name, "kind" => kind).set(bytes as f64);
            }
        }

        #[cfg(feature = "decision-log")]
        if let Some(log) = &self.decision_log {
            let counts = log.counts();
            for (outcome, count) in [
                ("written", counts.written),
                ("failed", counts.failed),
                ("lost", counts.lost),
                ("sampled_out", counts.sampled_out),
            ] {
                metrics.set_with(RECORDS, ("outcome", outcome), count);
            }
        }
    }
}

fn describe() {
    describe_counter!(
        DECISIONS,
        Unit::Count,
        "Decisions by action, outcome and reason"
    );
    describe_histogram!(DURATION, Unit::Seconds, "Time of a decision");
    describe_counter!(LOADS, Unit::Count, "Loads of the policies by outcome");
    describe_gauge!(
        AGE,
        Unit::Seconds,
        "Time since the source confirmed the policies"
    );
    describe_gauge!(STATE, "1 for the state of the policies, 0 for the others");
    describe_counter!(
        KEY_FETCHES,
        Unit::Count,
        "Calls of sources of the keys of resources"
    );
    describe_counter!(
        KEY_FAILURES,
        Unit::Count,
        "Requests denied because such a source failed"
    );
    #[cfg(feature = "refresh")]
    describe_counter!(
        LAST_GOOD_FAILURES,
        Unit::Count,
        "Sets that could not be kept on disk"
    );
    #[cfg(feature = "on-demand")]
    {
        describe_counter!(LOOK_UPS, Unit::Count, "Look-ups of principals in the cache");
        describe_counter!(
            PRINCIPAL_LOADS,
            Unit::Count,
            "Loads of principals that were started"
        );
        describe_counter!(
            PRINCIPAL_FAILURES,
            Unit::Count,
            "Loads of principals that failed"
        );
        describe_counter!(
            SUPERSEDED,
            Unit::Count,
            "Loads of principals that were repeated"
        );
        describe_counter!(INVALIDATIONS, Unit::Count, "Reported changes of principals");
        describe_counter!(
            OVERFLOWS,
            Unit::Count,
            "Times that the full cache was emptied"
        );
        describe_gauge!(
            CACHED,
            Unit::Count,
            "Principals and managed policies in the cache"
        );
        describe_gauge!(CACHED_BYTES, Unit::Bytes, "Estimated memory of the cache");
    }
    #[cfg(feature = "decision-log")]
    describe_counter!(
        RECORDS,
        Unit::Count,
        "Records of the decision log by outcome"
    );
}

#[cfg(test)]
mod tests {
    use super::*;

    fn staged() -> usize {
        STAGED.with_borrow(Vec::len)
    }

    #[test]
    fn a_check_within_a_repeated_one_is_kept_back_with_it() {
        let metrics = Metrics {
            name: "main",
            loaded: AtomicU64::new(0),
            rejected: AtomicU64::new(0),
        };
        let decide = || {
            metrics.count(Measure {
                subject: Subject {
                    service: "other",
                    action: "other",
                },
                observed: Observed {
                    outcome: "allow",
                    reason: "statement",
                },
                duration: Duration::ZERO,
            });
        };
        let outer = metrics.stage();
        decide();
        let inner = metrics.stage();
        decide();
        inner.keep();
        assert_eq!(staged(), 2, "the outer check may be repeated");
        let discarded = metrics.stage();
        decide();
        drop(discarded);
        assert_eq!(staged(), 2, "only those of the inner check are discarded");
        decide();
        assert_eq!(staged(), 3);
        outer.keep();
        assert_eq!(staged(), 0);
        decide();
        assert_eq!(staged(), 0, "it is counted at once");
    }
}
