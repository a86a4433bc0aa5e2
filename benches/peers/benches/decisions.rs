//! Measures the cost of one decision: `cargo bench --bench decisions [WORKLOAD..]`.
//!
//! All engines and baselines run in one process, in short turns. Before that, the decisions of every engine are
//! compared with those of the reference evaluator.

use std::process::Command;
use std::time::Duration;

use pinpoint_iam_benches::Failure;
use pinpoint_iam_benches::engine::baseline::Split;
use pinpoint_iam_benches::engine::pinpoint::Form;
use pinpoint_iam_benches::engine::{Engine, baselines};
use pinpoint_iam_benches::measure::{Contestant, Watch, interleave, median};
use pinpoint_iam_benches::report::{Table, figure, publish};
use pinpoint_iam_benches::workload::Workload;
use pinpoint_iam_benches_peers::{peers, pinpoint};
use serde_json::{Map, Value, json};

/// How many questions of W4x the slow engines are given. All of them would take hours.
const SAMPLE: usize = 16;

fn main() -> Result<(), Failure> {
    let watch = Watch::start()?;
    // Cargo adds `--bench`.
    let mut names: Vec<String> = std::env::args()
        .skip(1)
        .filter(|argument| argument != "--bench")
        .collect();
    let whole_run = names.is_empty();
    if whole_run {
        names = ["W1", "W2", "W3", "W4", "W4x", "W5"]
            .map(str::to_owned)
            .into();
    }
    let mut figures = Map::new();
    for name in &names {
        figures.insert(name.clone(), measure(name)?);
    }
    if whole_run {
        growth(&figures);
        publish(watch, "decisions", &figures.into())?;
    }
    Ok(())
}

fn measure(name: &str) -> Result<Value, Failure> {
    let workload = Workload::named(name)?;
    let answers = workload.answers()?;
    let allowed = answers.iter().filter(|allowed| **allowed).count();
    if allowed * 2 != answers.len() {
        return Err(format!("{name}: {allowed} of {} are allowed", answers.len()).into());
    }
    let typed_and_text = pinpoint(&workload)?;
    let others = peers(&workload)?;
    let steps = baselines(&workload);
    let sample = if answers.len() > SAMPLE {
        SAMPLE
    } else {
        answers.len()
    };

    let contestants: Vec<_> = [
        (&typed_and_text, answers.len()),
        (&others, sample),
        (&steps, answers.len()),
    ]
    .into_iter()
    .flat_map(|(engines, questions)| {
        engines.iter().map(move |engine| Contestant {
            engine: engine.as_ref(),
            questions,
        })
    })
    .collect();
    for contestant in &contestants {
        check(contestant, &answers)?;
    }

    let slow = matches!(name, "W3" | "W4" | "W4x");
    let rounds = if slow { 21 } else { 101 };
    let times = interleave(&contestants, rounds, Duration::from_millis(2));
    let allocations = allocations(name, sample)?;

    let per_round = |wanted: &str| {
        contestants
            .iter()
            .zip(&times)
            .find(|(contestant, _)| contestant.engine.name() == wanted)
            .map(|(_, times)| times.as_slice())
            .ok_or_else(|| Failure::from(format!("no engine is called `{wanted}`")))
    };
    let text = per_round(Form::Text.name())?;
    let typed = per_round(Form::Typed.name())?;
    let split = per_round(Split::NAME)?;

    println!(
        "{name}: {} statements, {} questions; {rounds} rounds",
        workload.statements()?.len(),
        answers.len()
    );
    let mut table = Table::new([
        "",
        "ns",
        "allocations",
        "to pinpoint as text",
        "to pinpoint typed",
        "to splitting the ARN",
    ]);
    let mut rows = Map::new();
    for (contestant, times) in contestants.iter().zip(&times) {
        let engine = contestant.engine.name();
        let counted = allocations.get(engine);
        let allocated = counted
            .and_then(|counted| counted.get("allocations"))
            .and_then(Value::as_f64);
        let [to_text, to_typed, to_split] =
            [text, typed, split].map(|other| median_ratio(times, other));
        table.row([
            engine.to_owned(),
            figure(median(times)),
            allocated.map(figure).unwrap_or_default(),
            figure(to_text),
            figure(to_typed),
            figure(to_split),
        ]);
        rows.insert(
            engine.to_owned(),
            json!({
                "nanoseconds": median(times),
                "counted": counted,
                "to_ours_as_text": to_text,
                "to_ours_typed": to_typed,
                "to_splitting_the_arn": to_split,
                "questions": contestant.questions,
            }),
        );
    }
    table.print();
    Ok(rows.into())
}

/// Returns the median of the ratios within the rounds.
fn median_ratio(times: &[f64], others: &[f64]) -> f64 {
    let ratios: Vec<_> = times
        .iter()
        .zip(others)
        .map(|(time, other)| time / other)
        .collect();
    median(&ratios)
}

/// Checks that the engine decides the questions that are timed as the reference evaluator does.
fn check(contestant: &Contestant<'_>, answers: &[bool]) -> Result<(), Failure> {
    let engine: &dyn Engine = contestant.engine;
    if !engine.decides() {
        return Ok(());
    }
    for (index, expected) in answers.iter().take(contestant.questions).enumerate() {
        if engine.decide(index) != *expected {
            return Err(format!(
                "{} decides question {index} wrongly: expected {expected}",
                engine.name()
            )
            .into());
        }
    }
    Ok(())
}

/// Counts the allocations per decision, in a separate process.
fn allocations(workload: &str, questions: usize) -> Result<Value, Failure> {
    let output = Command::new(env!("CARGO_BIN_EXE_counted"))
        .args(["decisions", workload, &questions.to_string()])
        .output()?;
    if !output.status.success() {
        return Err(String::from_utf8_lossy(&output.stderr).into_owned().into());
    }
    Ok(serde_json::from_slice(&output.stdout)?)
}

/// Prints how the cost grows with the number of statements.
fn growth(figures: &Map<String, Value>) {
    let time = |workload: &str, engine: &str| {
        figures
            .get(workload)
            .and_then(|rows| rows.get(engine))
            .and_then(|row| row.get("nanoseconds"))
            .and_then(Value::as_f64)
            .unwrap_or(f64::NAN)
    };
    let mut table = Table::new([
        "growth",
        "100 to 10,100 statements",
        "the same, 4,096 questions",
    ]);
    let Some(Value::Object(engines)) = figures.get("W2") else {
        return;
    };
    for engine in engines
        .keys()
        .filter(|engine| !engine.starts_with("baseline"))
    {
        let from = time("W2", engine);
        table.row([
            engine.clone(),
            figure(time("W4", engine) / from),
            figure(time("W4x", engine) / from),
        ]);
    }
    table.print();
}
