//! Measures the decision log: what it adds to a decision, and how fast it writes records to a file:
//! `cargo bench -p pinpoint-iam-benches --features production --bench decision_log`.

use std::fs;
use std::hint::black_box;
use std::io;
use std::path::Path;
use std::sync::mpsc::{Receiver, channel};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use pinpoint_iam::Authorizer;
use pinpoint_iam::context::Context;
use pinpoint_iam::decision_log::{DecisionLog, DecisionSink, JsonLines, Record};
use pinpoint_iam_benches::Failure;
use pinpoint_iam_benches::measure::{Clock, Watch, median};
use pinpoint_iam_benches::report::{Table, figure, publish};
use pinpoint_iam_benches::workload::{Workload, caller};
use serde_json::{Map, Value, json};

const WORKLOADS: [&str; 3] = ["W1", "W2", "W5"];
const ROUNDS: usize = 301;
/// The decisions of a turn. Fewer than half of the queue, so that the log is written between the turns.
const TURN: usize = 2_048;
const RECORDS: usize = 200_000;
const MINUTE: Duration = Duration::from_secs(60);

fn main() -> Result<(), Failure> {
    let watch = Watch::start()?;
    let mut cost = Map::new();
    let mut rate = Map::new();
    for name in WORKLOADS {
        let workload = Workload::named(name)?;
        cost.insert(name.to_owned(), decisions(&workload)?);
        rate.insert(name.to_owned(), file(&workload)?);
    }
    print_cost(&cost);
    print_rate(&rate);
    publish(
        watch,
        "decision_log",
        &json!({"decisions": cost, "file": rate}),
    )
}

/// Decides the questions of a workload in turn.
struct Asked<'a> {
    workload: &'a Workload,
    contexts: Vec<Context>,
}

impl<'a> Asked<'a> {
    fn of(workload: &'a Workload) -> Self {
        let contexts = workload.questions.iter();
        Self {
            workload,
            contexts: contexts
                .map(|question| question.context.context())
                .collect(),
        }
    }

    fn ask(&self, authorizer: &Authorizer, count: usize) -> Result<(), Failure> {
        let caller = caller()?;
        let questions = self.workload.questions.iter().zip(&self.contexts);
        for (question, context) in questions.cycle().take(count) {
            black_box(question.typed(authorizer, &caller, context));
        }
        Ok(())
    }

    fn time(&self, authorizer: &Authorizer) -> Result<f64, Failure> {
        let clock = Clock::start();
        self.ask(authorizer, TURN)?;
        Ok(clock.elapsed().as_secs_f64() * 1e9 / TURN as f64)
    }
}

/// Measures decisions with and without a log, in turns.
fn decisions(workload: &Workload) -> Result<Value, Failure> {
    let log = DecisionLog::builder().start(|record: &Record<'_>| {
        black_box(record);
    })?;
    let without = workload.authorizer()?;
    let with = workload.builder()?.decision_log(log.clone()).build()?;
    let asked = Asked::of(workload);
    let (mut before, mut after, mut added) = (Vec::new(), Vec::new(), Vec::new());
    for round in 0..=ROUNDS {
        let [plain, logged] = match round.is_multiple_of(2) {
            true => [asked.time(&without)?, asked.time(&with)?],
            false => {
                let logged = asked.time(&with)?;
                [asked.time(&without)?, logged]
            }
        };
        if !log.flush(MINUTE) {
            return Err("the log was not written".into());
        }
        // The first round is a warm-up.
        if round > 0 {
            before.push(plain);
            after.push(logged);
            added.push(logged - plain);
        }
    }
    let counts = log.counts();
    if counts.lost > 0 || counts.written != (TURN * (ROUNDS + 1)) as u64 {
        return Err(format!("not every decision was logged: {counts:?}").into());
    }
    Ok(json!({
        "without_ns": median(&before),
        "with_ns": median(&after),
        "added_ns": median(&added),
    }))
}

fn print_cost(cost: &Map<String, Value>) {
    let mut table = Table::new(["ns per decision", "without log", "with log", "added"]);
    for (name, figures) in cost {
        let of = |key: &str| figure(figures.get(key).and_then(Value::as_f64).unwrap_or(f64::NAN));
        table.row([
            name.clone(),
            of("without_ns"),
            of("with_ns"),
            of("added_ns"),
        ]);
    }
    table.print();
}

/// Writes to a file, and measures the processor time of the log's thread from the first record on, which it keeps back
/// until all records are in the queue.
struct Timed {
    file: JsonLines,
    start: Receiver<()>,
    clock: Option<Clock>,
    spent: Arc<Mutex<Duration>>,
}

impl DecisionSink for Timed {
    fn write(&mut self, record: &Record<'_>) -> io::Result<()> {
        if self.clock.is_none() {
            self.start.recv().map_err(io::Error::other)?;
            self.clock = Some(Clock::start());
        }
        self.file.write(record)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.file.flush()?;
        if let Some(clock) = &self.clock {
            *self.spent.lock().unwrap_or_else(PoisonError::into_inner) = clock.elapsed();
        }
        Ok(())
    }
}

/// Measures how many records one processor writes to a file.
fn file(workload: &Workload) -> Result<Value, Failure> {
    let path = Path::new(env!("CARGO_TARGET_TMPDIR")).join("decisions.log");
    let _ = fs::remove_file(&path);
    let (sender, start) = channel();
    let spent = Arc::new(Mutex::new(Duration::ZERO));
    let sink = Timed {
        file: JsonLines::open(&path)?.rotation(u64::MAX, 0),
        start,
        clock: None,
        spent: Arc::clone(&spent),
    };
    let log = DecisionLog::builder().capacity(RECORDS).start(sink)?;
    let authorizer = workload.builder()?.decision_log(log.clone()).build()?;
    Asked::of(workload).ask(&authorizer, RECORDS)?;
    sender.send(())?;
    if !log.flush(MINUTE) || log.counts().written != RECORDS as u64 {
        return Err(format!("not every record was written: {:?}", log.counts()).into());
    }
    let seconds = spent
        .lock()
        .unwrap_or_else(PoisonError::into_inner)
        .as_secs_f64();
    let bytes = fs::metadata(&path)?.len();
    fs::remove_file(&path)?;
    Ok(json!({
        "records_per_second": RECORDS as f64 / seconds,
        "bytes_per_record": bytes as f64 / RECORDS as f64,
    }))
}

fn print_rate(rate: &Map<String, Value>) {
    let mut table = Table::new(["file", "records/s", "bytes per record", "MB/s"]);
    for (name, figures) in rate {
        let of = |key: &str| figures.get(key).and_then(Value::as_f64).unwrap_or(f64::NAN);
        let (rate, bytes) = (of("records_per_second"), of("bytes_per_record"));
        table.row([
            name.clone(),
            figure(rate),
            figure(bytes),
            figure(rate * bytes / 1e6),
        ]);
    }
    table.print();
}
