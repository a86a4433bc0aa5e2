//! Measures 100,000 principals with five shared managed policies each: `cargo bench --bench principals`.

use std::hint::black_box;
use std::process::Command;
use std::time::Instant;

use pinpoint_iam::context::Context;
use pinpoint_iam::mobiletargeting::GetApp;
use pinpoint_iam_benches::Failure;
use pinpoint_iam_benches::measure::{Clock, Watch, median};
use pinpoint_iam_benches::report::{Table, figure, publish};
use pinpoint_iam_benches::workload::many_principals::ManyPrincipals;
use serde_json::{Value, json};

const PRINCIPALS: usize = 100_000;
const POLICIES: usize = 200;
const ATTACHED: usize = 5;

fn main() -> Result<(), Failure> {
    let watch = Watch::start()?;
    let memory = memory()?;
    let first = first_decisions()?;
    publish(
        watch,
        "principals",
        &json!({"memory": memory, "first_decision": first}),
    )
}

/// Measures how memory depends on the number of principals, policies and attachments.
fn memory() -> Result<Value, Failure> {
    let mut table = Table::new([
        "principals",
        "policies",
        "attached to each",
        "heap, MB",
        "bytes per principal",
        "after a decision for each, MB",
        "resident then, MB",
    ]);
    let mut rows = Vec::new();
    for (principals, policies, attached) in [
        (PRINCIPALS, POLICIES, ATTACHED),
        (PRINCIPALS / 10, POLICIES, ATTACHED),
        (PRINCIPALS, POLICIES / 10, ATTACHED),
        (PRINCIPALS, POLICIES * 5, ATTACHED),
        (PRINCIPALS, POLICIES, ATTACHED * 2),
    ] {
        let output = Command::new(env!("CARGO_BIN_EXE_many_principals"))
            .args([principals, policies, attached].map(|number| number.to_string()))
            .output()?;
        if !output.status.success() {
            return Err(String::from_utf8_lossy(&output.stderr).into_owned().into());
        }
        let figures: Value = serde_json::from_slice(&output.stdout)?;
        let bytes = |key: &str| figures.get(key).and_then(Value::as_f64).unwrap_or(f64::NAN);
        table.row([
            figure(principals as f64),
            policies.to_string(),
            attached.to_string(),
            figure(bytes("heap") / 1e6),
            figure(bytes("heap") / principals as f64),
            figure(bytes("heap_after_decisions") / 1e6),
            figure(bytes("resident_after_decisions") / 1e6),
        ]);
        rows.push(figures);
    }
    table.print();
    Ok(rows.into())
}

/// Measures the first decision of each principal, which compiles its policies as far as they are not compiled yet, and
/// the second decision.
fn first_decisions() -> Result<Value, Failure> {
    let many_principals = ManyPrincipals::new(PRINCIPALS, POLICIES, ATTACHED);
    let start = Instant::now();
    let authorizer = many_principals.authorizer()?;
    let loading = start.elapsed();
    let context = Context::new();
    let mut first = Vec::with_capacity(PRINCIPALS);
    let mut second = Vec::with_capacity(PRINCIPALS);
    for index in 0..PRINCIPALS {
        let (principal, app) = many_principals.question(index)?;
        let guard = authorizer.guard(&principal, &context);
        for times in [&mut first, &mut second] {
            let clock = Clock::start();
            let answer = guard.check(GetApp, &app);
            times.push(clock.elapsed().as_secs_f64() * 1e6);
            if answer.is_ok() != index.is_multiple_of(2) {
                return Err(format!("the decision for principal {index} is wrong").into());
            }
            black_box(&answer);
        }
    }
    println!(
        "loading {PRINCIPALS} principals and {POLICIES} policies: {} ms",
        figure(loading.as_secs_f64() * 1e3)
    );
    let mut table = Table::new(["µs", "median", "99 %", "99.9 %", "longest"]);
    let mut figures = serde_json::Map::new();
    figures.insert(
        "loading_ms".to_owned(),
        (loading.as_secs_f64() * 1e3).into(),
    );
    for (name, mut times) in [("first decision", first), ("second decision", second)] {
        times.sort_by(f64::total_cmp);
        let at = |per_mille: usize| {
            let index = (times.len() * per_mille / 1000).min(times.len().saturating_sub(1));
            times.get(index).copied().unwrap_or(f64::NAN)
        };
        let [middle, high, higher, longest] = [median(&times), at(990), at(999), at(1000)];
        table.row([
            name.to_owned(),
            figure(middle),
            figure(high),
            figure(higher),
            figure(longest),
        ]);
        figures.insert(
            name.replace(' ', "_"),
            json!({"median_us": middle, "p99_us": high, "p999_us": higher, "longest_us": longest}),
        );
    }
    table.print();
    Ok(figures.into())
}
