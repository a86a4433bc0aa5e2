//! Measures the cost of loading W4, from JSON until the first decision can be made: `cargo bench --bench loading`.
//!
//! pinpoint-iam and iam-rs read the JSON. For Cedar and casbin, the policies are translated beforehand; their figures
//! are for comparison only.

use std::hint::black_box;
use std::process::Command;
use std::str::FromStr;

use cedar_policy::PolicySet;
use pinpoint_iam_benches::Failure;
use pinpoint_iam_benches::engine::Engine;
use pinpoint_iam_benches::engine::pinpoint::{Form, Pinpoint};
use pinpoint_iam_benches::measure::{Clock, Watch, median};
use pinpoint_iam_benches::report::{Table, figure, publish};
use pinpoint_iam_benches::workload::Workload;
use pinpoint_iam_benches_peers::{casbin, cedar, iam};
use serde_json::{Map, Value, json};

const ROUNDS: usize = 21;

/// Loads the policies into one engine.
type Load<'a> = Box<dyn Fn() -> Result<(), Failure> + 'a>;

fn main() -> Result<(), Failure> {
    let watch = Watch::start()?;
    let workload = Workload::named("W4")?;
    let bytes: usize = workload.documents.iter().map(String::len).sum();
    let statements = workload.statements()?;
    println!(
        "W4: {} statements, {bytes} bytes of JSON in {} documents; {ROUNDS} rounds",
        statements.len(),
        workload.documents.len()
    );
    let cedar = cedar::policies(&statements, cedar::Resources::Entities);
    let loads: [(&str, &str, Load<'_>); 5] = [
        (
            "pinpoint, first decision included",
            "pinpoint",
            Box::new(|| {
                let loaded = Pinpoint::load(&workload, Form::Text)?;
                black_box(loaded.decide(0));
                Ok(())
            }),
        ),
        (
            "pinpoint, documents read only",
            "documents",
            Box::new(|| {
                black_box(workload.policies()?);
                Ok(())
            }),
        ),
        (
            "iam-rs 0.8",
            "iam-rs",
            Box::new(|| {
                black_box(iam::evaluator(&workload.documents)?);
                Ok(())
            }),
        ),
        (
            "casbin 2",
            "casbin",
            Box::new(|| {
                black_box(casbin::enforcer(&statements, false)?);
                Ok(())
            }),
        ),
        (
            "cedar-policy 4",
            "cedar",
            Box::new(|| {
                black_box(PolicySet::from_str(&cedar)?);
                Ok(())
            }),
        ),
    ];

    let mut times = vec![Vec::with_capacity(ROUNDS); loads.len()];
    for _ in 0..ROUNDS {
        for ((_, _, load), times) in loads.iter().zip(&mut times) {
            let clock = Clock::start();
            load()?;
            times.push(clock.elapsed().as_secs_f64() * 1e3);
        }
    }

    let iam = times.get(2).ok_or("no engine was timed")?.clone();
    let memory_of_iam = memory("iam-rs")?;
    let heap = |memory: &Value| {
        memory
            .get("heap")
            .and_then(Value::as_f64)
            .unwrap_or(f64::NAN)
    };
    let resident = |memory: &Value| {
        memory
            .get("resident")
            .and_then(Value::as_f64)
            .unwrap_or(f64::NAN)
    };
    let mut table = Table::new([
        "",
        "ms",
        "to iam-rs",
        "heap, MB",
        "to iam-rs",
        "resident, MB",
        "to iam-rs",
    ]);
    let mut figures = Map::new();
    for ((name, key, _), times) in loads.iter().zip(&times) {
        let memory = memory(key)?;
        let ratios: Vec<_> = times
            .iter()
            .zip(&iam)
            .map(|(pinpoint, iam)| pinpoint / iam)
            .collect();
        table.row([
            (*name).to_owned(),
            figure(median(times)),
            figure(median(&ratios)),
            figure(heap(&memory) / 1e6),
            figure(heap(&memory) / heap(&memory_of_iam)),
            figure(resident(&memory) / 1e6),
            figure(resident(&memory) / resident(&memory_of_iam)),
        ]);
        figures.insert(
            (*key).to_owned(),
            json!({
                "milliseconds": median(times),
                "time_to_iam_rs": median(&ratios),
                "memory": memory,
                "heap_to_iam_rs": heap(&memory) / heap(&memory_of_iam),
                "resident_to_iam_rs": resident(&memory) / resident(&memory_of_iam),
            }),
        );
    }
    table.print();
    publish(watch, "loading", &figures.into())
}

/// Measures the memory of the loaded policies, in a separate process.
fn memory(engine: &str) -> Result<Value, Failure> {
    let output = Command::new(env!("CARGO_BIN_EXE_counted"))
        .args(["memory", engine])
        .output()?;
    if !output.status.success() {
        return Err(String::from_utf8_lossy(&output.stderr).into_owned().into());
    }
    Ok(serde_json::from_slice(&output.stdout)?)
}
