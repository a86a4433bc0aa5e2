//! Measures every goal of a decision that can be measured within one process, and prints one table of goals, figures and
//! results: `cargo bench --bench table`.
//!
//! Each figure is a ratio to a baseline that has its turns in the same rounds, except for times of a single event. The
//! last rows name the commands of the goals that need other processes or other crates.

use std::hint::black_box;
use std::process::Command;
use std::time::Duration;

use pinpoint_iam_benches::Failure;
use pinpoint_iam_benches::engine::Engine;
use pinpoint_iam_benches::engine::baseline::Split;
use pinpoint_iam_benches::engine::pinpoint::{Form, Pinpoint};
use pinpoint_iam_benches::measure::{Clock, Contestant, Watch, interleave, median};
use pinpoint_iam_benches::report::{Table, figure, publish};
use pinpoint_iam_benches::service::InProcess;
use pinpoint_iam_benches::workload::Workload;
use serde_json::{Map, Value, json};

const ROUNDS: usize = 51;
const TURN: Duration = Duration::from_millis(2);
const REQUESTS_PER_TURN: usize = 500;
const STARTS: usize = 11;

/// The argument with which the executable makes the first decision of a process.
const FIRST: &str = "first";

/// Goals that are measured elsewhere, with their commands.
const ELSEWHERE: [(&str, &str); 8] = [
    (
        "loading W4, compared with iam-rs",
        "cargo bench --bench loading",
    ),
    (
        "axum, requests/s and time of the server",
        "cargo bench --bench http",
    ),
    (
        "actix-web, requests/s and time of the server",
        "cargo bench -p pinpoint-iam-benches --features actix --bench http_actix",
    ),
    (
        "`cargo check` of a handler",
        "cargo bench --bench macro_time",
    ),
    (
        "packages and time of a build",
        "cargo bench --bench build_cost",
    ),
    ("size of a program", "cargo bench --bench binary_size"),
    (
        "allocations of a decision",
        "cargo test -p pinpoint-iam-tests --test evaluation allocations",
    ),
    (
        "instructions",
        "cargo bench -p pinpoint-iam-benches --bench instructions",
    ),
];

fn main() -> Result<(), Failure> {
    if std::env::args().any(|argument| argument == FIRST) {
        return first_decision();
    }
    let mut goals = Goals::new()?;
    for name in ["W1", "W2", "W3", "W4"] {
        let form = Form::Typed;
        goals.ratio(
            &format!("typed request, {name}, to splitting the ARN"),
            name,
            form,
            1.5,
        )?;
    }
    for name in ["W2", "W3", "W4"] {
        let form = Form::Text;
        goals.ratio(
            &format!("request as text, {name}, to splitting the ARN"),
            name,
            form,
            3.0,
        )?;
    }
    goals.ratio(
        "context filled, W5, to splitting the ARN",
        "W5",
        Form::Filled,
        6.0,
    )?;
    goals.many_requests()?;
    goals.attribute()?;
    goals.first_decisions()?;
    goals.end()
}

/// The goals measured so far.
struct Goals {
    watch: Watch,
    table: Table,
    figures: Map<String, Value>,
}

impl Goals {
    fn new() -> Result<Self, Failure> {
        Ok(Self {
            watch: Watch::start()?,
            table: Table::new(["", "measured", "goal", "result"]),
            figures: Map::new(),
        })
    }

    fn note(&mut self, name: &str, measured: f64, goal: f64, unit: &str) {
        let is_met = measured <= goal;
        self.table.row([
            name.to_owned(),
            format!("{}{unit}", figure(measured)),
            format!("≤ {goal}{unit}"),
            if is_met { "met" } else { "missed" }.to_owned(),
        ]);
        let figures = json!({"measured": measured, "goal": goal, "met": is_met});
        self.figures.insert(name.to_owned(), figures);
        self.watch.probe();
    }

    /// A decision in one form, compared with splitting the ARN of the same question.
    fn ratio(&mut self, name: &str, workload: &str, form: Form, goal: f64) -> Result<(), Failure> {
        let workload = Workload::named(workload)?;
        let engine = Pinpoint::load(&workload, form)?;
        let questions = workload.questions.len();
        let ratio = ratio([&engine, &Split::of(&workload)], [questions; 2]);
        self.note(name, ratio, goal, "");
        Ok(())
    }

    /// Many different requests, compared with few of them.
    fn many_requests(&mut self) -> Result<(), Failure> {
        let (many, few) = (Workload::named("W4x")?, Workload::named("W4")?);
        let engines = [
            &Pinpoint::load(&many, Form::Typed)? as &dyn Engine,
            &Pinpoint::load(&few, Form::Typed)?,
        ];
        let ratio = ratio(engines, [many.questions.len(), few.questions.len()]);
        self.note("4,096 typed requests, W4, to 16 of them", ratio, 3.0, "");
        Ok(())
    }

    /// The attribute in a request to an axum router that is called without a network.
    fn attribute(&mut self) -> Result<(), Failure> {
        let mut services = [InProcess::new("less")?, InProcess::new("with")?];
        let mut added = Vec::with_capacity(ROUNDS);
        for round in 0..=ROUNDS {
            let mut times = [0.0; 2];
            for position in 0..2 {
                let index = (position + round) % 2;
                let (Some(service), Some(time)) = (services.get_mut(index), times.get_mut(index))
                else {
                    continue;
                };
                let requests = service.requests(REQUESTS_PER_TURN)?;
                let clock = Clock::start();
                service.answer_all(requests)?;
                *time = clock.elapsed().as_secs_f64() * 1e6 / REQUESTS_PER_TURN as f64;
            }
            let [less, with] = times;
            // The first round is a warm-up.
            if round > 0 {
                added.push(with - less);
            }
        }
        let name = "attribute on axum, without a network, extra time";
        self.note(name, median(&added), 0.4, " µs");
        Ok(())
    }

    /// The first decision of a process, after it has loaded W4.
    fn first_decisions(&mut self) -> Result<(), Failure> {
        let mut times = Vec::with_capacity(STARTS);
        for _ in 0..STARTS {
            let output = Command::new(std::env::current_exe()?).arg(FIRST).output()?;
            if !output.status.success() {
                return Err(String::from_utf8_lossy(&output.stderr).into_owned().into());
            }
            times.push(String::from_utf8(output.stdout)?.trim().parse()?);
        }
        let name = "first decision of a process, after loading W4";
        self.note(name, median(&times), 1.0, " ms");
        Ok(())
    }

    fn end(self) -> Result<(), Failure> {
        self.table.print();
        let mut elsewhere = Table::new(["measured elsewhere", "command"]);
        for (goal, command) in ELSEWHERE {
            elsewhere.row([goal.to_owned(), format!("`{command}`")]);
        }
        elsewhere.print();
        publish(self.watch, "table", &self.figures.into())
    }
}

/// Returns the median of the ratios of the first engine's time to the second's within the rounds.
fn ratio(engines: [&dyn Engine; 2], questions: [usize; 2]) -> f64 {
    let contestants = engines.into_iter().zip(questions);
    let contestants: Vec<_> = contestants
        .map(|(engine, questions)| Contestant { engine, questions })
        .collect();
    let times = interleave(&contestants, ROUNDS, TURN);
    let [first, second] = times.as_slice() else {
        return f64::NAN;
    };
    let ratios = first
        .iter()
        .zip(second)
        .map(|(first, second)| first / second);
    median(&ratios.collect::<Vec<_>>())
}

/// Loads W4, and prints how many milliseconds of processor time the first decision takes.
fn first_decision() -> Result<(), Failure> {
    let workload = Workload::named("W4")?;
    let engine = Pinpoint::load(&workload, Form::Typed)?;
    let clock = Clock::start();
    black_box(engine.decide(0));
    println!("{}", clock.elapsed().as_secs_f64() * 1e3);
    Ok(())
}
