//! Measures two threads against one, and decisions during reloads: `cargo bench --bench threads`.
//!
//! A machine with two processors is not necessarily twice as fast as with one: the processors may be halves of one
//! core, and other processes may use them. The benchmark therefore also measures threads that share nothing, as the
//! best that two threads can reach.

use std::hint::black_box;
use std::path::Path;
use std::sync::Barrier;
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use pinpoint_iam::context::Context;
use pinpoint_iam::policy::Document;
use pinpoint_iam::source::{PolicySource, PolicyStore, SourceError};
use pinpoint_iam::{Authorizer, Policy};
use pinpoint_iam_benches::Failure;
use pinpoint_iam_benches::measure::{Clock, Watch, median};
use pinpoint_iam_benches::report::{Table, figure, publish};
use pinpoint_iam_benches::workload::{CALLER, Workload, caller, scope};
use serde_json::{Value, json};

const ROUNDS: usize = 151;
const TURN: Duration = Duration::from_millis(20);
const RELOAD_EVERY: Duration = Duration::from_millis(100);
const RELOAD_ROUNDS: usize = 20;
const RELOAD_TURN: Duration = Duration::from_millis(500);

/// How many decisions are timed together. The number is small, so that a reload affects only some of the batches.
const BATCH: usize = 64;

fn main() -> Result<(), Failure> {
    let watch = Watch::start()?;
    let mut figures = serde_json::Map::new();
    for name in ["W2", "W4"] {
        let workload = Workload::named(name)?;
        let measured = json!({"threads": threads(&workload)?, "reload": reload(&workload)?});
        figures.insert(name.to_owned(), measured);
    }
    publish(watch, "threads", &figures.into())
}

/// The number of decisions made within a time, and their cost.
#[derive(Clone, Copy)]
struct Turn {
    decisions: f64,
    wall: Duration,
    processor: Duration,
}

/// Decides the questions of `workload` in turn until `time` is over.
fn ask(workload: &Workload, authorizer: &Authorizer, time: Duration) -> Result<Turn, Failure> {
    let caller = caller()?;
    let contexts: Vec<Context> = workload
        .questions
        .iter()
        .map(|question| question.context.context())
        .collect();
    let (start, clock) = (Instant::now(), Clock::start());
    let mut decisions = 0;
    while start.elapsed() < time {
        for (question, context) in workload.questions.iter().zip(&contexts) {
            black_box(question.typed(authorizer, &caller, context));
        }
        decisions += workload.questions.len();
    }
    Ok(Turn {
        decisions: decisions as f64,
        wall: start.elapsed(),
        processor: clock.elapsed(),
    })
}

/// Like [`ask`], concurrently in one thread for each of `authorizers`.
fn ask_together(workload: &Workload, authorizers: &[&Authorizer]) -> Result<Vec<Turn>, Failure> {
    let all_ready = Barrier::new(authorizers.len());
    thread::scope(|scope| {
        let threads: Vec<_> = authorizers
            .iter()
            .map(|authorizer| {
                scope.spawn(|| {
                    all_ready.wait();
                    ask(workload, authorizer, TURN).map_err(|error| error.to_string())
                })
            })
            .collect();
        let turns = threads.into_iter().map(|thread| {
            let turn = thread.join().map_err(|_| "a thread failed")?;
            turn.map_err(Failure::from)
        });
        turns.collect()
    })
}

fn threads(workload: &Workload) -> Result<Value, Failure> {
    let [one, other] = [workload.authorizer()?, workload.authorizer()?];
    let settings: [(&str, &[&Authorizer]); 3] = [
        ("one thread", &[&one]),
        ("two threads, one authorizer", &[&one, &one]),
        ("two threads, an authorizer each", &[&one, &other]),
    ];
    let mut rates = vec![Vec::with_capacity(ROUNDS); settings.len()];
    let mut costs = vec![Vec::with_capacity(ROUNDS); settings.len()];
    for round in 0..=ROUNDS {
        for position in 0..settings.len() {
            let index = (position + round) % settings.len();
            let (Some((_, authorizers)), Some(rates), Some(costs)) = (
                settings.get(index),
                rates.get_mut(index),
                costs.get_mut(index),
            ) else {
                continue;
            };
            let turns = ask_together(workload, authorizers)?;
            // The first round is a warm-up.
            if round > 0 {
                let rate = |turn: &Turn| turn.decisions / turn.wall.as_secs_f64();
                rates.push(turns.iter().map(rate).sum::<f64>());
                let cost = |turn: &Turn| turn.processor.as_secs_f64() * 1e9 / turn.decisions;
                costs.push(turns.iter().map(cost).sum::<f64>() / turns.len() as f64);
            }
        }
    }
    println!(
        "{}, typed request; {ROUNDS} rounds of {} ms",
        workload.name,
        TURN.as_millis()
    );
    let mut table = Table::new([
        "",
        "decisions/s, median",
        "best",
        "to one thread, median",
        "best",
        "processor time, ns a decision",
    ]);
    let mut figures = serde_json::Map::new();
    let single = rates.first().cloned().unwrap_or_default();
    for (((name, _), rates), costs) in settings.iter().zip(&rates).zip(&costs) {
        let ratio = median(rates) / median(&single);
        let best_ratio = best(rates) / best(&single);
        table.row([
            (*name).to_owned(),
            figure(median(rates)),
            figure(best(rates)),
            figure(ratio),
            figure(best_ratio),
            figure(median(costs)),
        ]);
        figures.insert(
            (*name).to_owned(),
            json!({
                "decisions_per_second": median(rates),
                "decisions_per_second_best": best(rates),
                "to_one_thread": ratio,
                "to_one_thread_best": best_ratio,
                "processor_nanoseconds": median(costs),
            }),
        );
    }
    table.print();
    Ok(figures.into())
}

fn best(rates: &[f64]) -> f64 {
    rates.iter().copied().fold(0.0, f64::max)
}

/// Policies that are parsed from their text on each load, as if from a file.
struct Texts(Vec<String>);

impl PolicySource for Texts {
    fn load(&self) -> Result<PolicyStore, SourceError> {
        let mut store = PolicyStore::new();
        let identity = store.identity(CALLER).map_err(|error| unreadable(&error))?;
        for (index, text) in self.0.iter().enumerate() {
            let document = Document::parse(text).map_err(|error| unreadable(&error))?;
            identity.attach(Policy::new(&format!("policy-{index}"), document));
        }
        Ok(store)
    }
}

fn unreadable(error: &dyn std::error::Error) -> SourceError {
    SourceError::of_file(Path::new("workload"), error.to_string())
}

/// Measures how reloads affect readers: one thread decides, while another reloads repeatedly in every second turn.
fn reload(workload: &Workload) -> Result<Value, Failure> {
    let authorizer = Authorizer::builder()
        .scope(scope())
        .source(Texts(workload.documents.clone()))
        .warn_about_keys_without_source()
        .build()?;
    let (is_over, reloads, reloaded) = (
        AtomicBool::new(false),
        AtomicBool::new(false),
        AtomicU32::new(0),
    );
    let measured = thread::scope(|scope| {
        let reloading = scope.spawn(|| {
            while !is_over.load(Ordering::Relaxed) {
                let start = Instant::now();
                if reloads.load(Ordering::Relaxed) {
                    authorizer.reload().map_err(|error| error.to_string())?;
                    reloaded.fetch_add(1, Ordering::Relaxed);
                }
                thread::sleep(RELOAD_EVERY.saturating_sub(start.elapsed()));
            }
            Ok::<_, String>(())
        });
        let measured = (0..=RELOAD_ROUNDS)
            .map(|_| {
                reloads.store(false, Ordering::Relaxed);
                let quiet = batches(workload, &authorizer)?;
                reloads.store(true, Ordering::Relaxed);
                Ok((quiet, batches(workload, &authorizer)?))
            })
            .collect::<Result<Vec<_>, Failure>>();
        is_over.store(true, Ordering::Relaxed);
        reloading.join().map_err(|_| "the reloading failed")??;
        measured
    })?;
    // The first round is a warm-up.
    let (quiet, disturbed): (Vec<_>, Vec<_>) = measured.into_iter().skip(1).unzip();
    let medians = |turns: &[Vec<f64>]| turns.iter().map(|turn| median(turn)).collect::<Vec<_>>();
    let [quiet_medians, disturbed_medians] = [medians(&quiet), medians(&disturbed)];
    let ratios: Vec<_> = disturbed_medians
        .iter()
        .zip(&quiet_medians)
        .map(|(disturbed, quiet)| disturbed / quiet)
        .collect();
    println!(
        "{}, typed request, reloaded every {} ms in every second turn: {} reloads in {RELOAD_ROUNDS} rounds",
        workload.name,
        RELOAD_EVERY.as_millis(),
        reloaded.load(Ordering::Relaxed)
    );
    let mut table = Table::new(["ns a decision", "median", "99 % of the batches", "to quiet"]);
    let mut figures = serde_json::Map::new();
    for (name, turns, medians, ratio) in [
        ("quiet", quiet, quiet_medians, 1.0),
        (
            "reloaded meanwhile",
            disturbed,
            disturbed_medians,
            median(&ratios),
        ),
    ] {
        let mut all: Vec<_> = turns.into_iter().flatten().collect();
        all.sort_by(f64::total_cmp);
        let high = all.get(all.len() * 99 / 100).copied().unwrap_or(f64::NAN);
        table.row([
            name.to_owned(),
            figure(median(&medians)),
            figure(high),
            format!("{ratio:.3}"),
        ]);
        figures.insert(
            name.to_owned(),
            json!({"nanoseconds": median(&medians), "p99": high, "to_quiet": ratio}),
        );
    }
    table.print();
    Ok(figures.into())
}

/// Returns the processor time per decision, in nanoseconds, of each batch within [`RELOAD_TURN`].
fn batches(workload: &Workload, authorizer: &Authorizer) -> Result<Vec<f64>, Failure> {
    let caller = caller()?;
    let asked: Vec<_> = workload
        .questions
        .iter()
        .map(|question| (question, question.context.context()))
        .collect();
    let start = Instant::now();
    let mut times = Vec::new();
    while start.elapsed() < RELOAD_TURN {
        let clock = Clock::start();
        for (question, context) in asked.iter().cycle().take(BATCH) {
            black_box(question.typed(authorizer, &caller, context));
        }
        times.push(clock.elapsed().as_secs_f64() * 1e9 / BATCH as f64);
    }
    Ok(times)
}
