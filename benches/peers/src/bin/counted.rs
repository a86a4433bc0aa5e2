//! Runs the engines under a counting allocator, for the benchmark targets.
//!
//! This is a separate process because counting makes every allocation slower, which would distort the times of engines
//! that allocate much.

use std::any::Any;
use std::hint::black_box;
use std::str::FromStr;

use allocation_counter::measure;
use cedar_policy::PolicySet;
use pinpoint_iam_benches::Failure;
use pinpoint_iam_benches::engine::Engine;
use pinpoint_iam_benches::measure::process::resident_bytes;
use pinpoint_iam_benches::workload::{Workload, caller};
use pinpoint_iam_benches_peers::{casbin, cedar, iam, peers, pinpoint};
use serde_json::{Map, Value, json};

fn main() -> Result<(), Failure> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
    let figures = match arguments.as_slice() {
        ["decisions", workload, questions] => decisions(workload, questions.parse()?)?,
        ["memory", engine] => memory(engine)?,
        _ => return Err("expected `decisions WORKLOAD QUESTIONS` or `memory ENGINE`".into()),
    };
    println!("{figures}");
    Ok(())
}

/// Counts allocations and bytes per decision, for each engine, over the first `questions` questions.
fn decisions(name: &str, questions: usize) -> Result<Value, Failure> {
    let mut workload = Workload::named(name)?;
    workload.questions.truncate(questions);
    let mut engines = pinpoint(&workload)?;
    engines.extend(peers(&workload)?);
    let mut figures = Map::new();
    for engine in &engines {
        figures.insert(
            engine.name().to_owned(),
            counted(engine.as_ref(), workload.questions.len()),
        );
    }
    Ok(figures.into())
}

fn counted(engine: &dyn Engine, questions: usize) -> Value {
    // Do not count what is created on first use.
    black_box(engine.run(0, questions));
    let mut allocations = Vec::new();
    let mut bytes = 0;
    for index in 0..questions {
        let counted = measure(|| {
            black_box(engine.decide(index));
        });
        allocations.push(counted.count_total);
        bytes += counted.bytes_total;
    }
    let total: u64 = allocations.iter().sum();
    json!({
        "allocations": total as f64 / questions as f64,
        "allocations_at_most": allocations.iter().max(),
        "bytes": bytes as f64 / questions as f64,
    })
}

/// Measures the memory of the policies of W4 once they are loaded: bytes on the heap, and the increase of the process's
/// resident memory.
fn memory(engine: &str) -> Result<Value, Failure> {
    let workload = Workload::named("W4")?;
    let statements = workload.statements()?;
    let cedar = cedar::policies(&statements, cedar::Resources::Entities);
    let before = resident_bytes()?;
    let mut loaded: Result<Box<dyn Any>, Failure> = Err("nothing was loaded".into());
    let counted = measure(|| {
        loaded = match engine {
            "pinpoint" => decided(&workload),
            "documents" => workload.policies().map(|policies| Box::new(policies) as _),
            "iam-rs" => iam::evaluator(&workload.documents).map(|iam| Box::new(iam) as _),
            "casbin" => casbin::enforcer(&statements, false).map(|casbin| Box::new(casbin) as _),
            "cedar" => PolicySet::from_str(&cedar)
                .map(|policies| Box::new(policies) as _)
                .map_err(Failure::from),
            _ => Err(format!("no engine is called `{engine}`").into()),
        };
    });
    let loaded = loaded?;
    let after = resident_bytes()?;
    drop(black_box(loaded));
    Ok(json!({
        "heap": counted.bytes_current,
        "heap_at_most": counted.bytes_max,
        "resident": after.saturating_sub(before),
    }))
}

/// Returns an authorizer that has made its first decision.
fn decided(workload: &Workload) -> Result<Box<dyn Any>, Failure> {
    let authorizer = workload.authorizer()?;
    let question = workload.questions.first().ok_or("there are no questions")?;
    let context = question.context.context();
    black_box(question.typed(&authorizer, &caller()?, &context));
    Ok(Box::new(authorizer))
}
