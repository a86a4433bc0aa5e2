//! Measures checks of many resources and lists: `cargo bench --bench lists`.

use std::hint::black_box;

use pinpoint_iam::context::Context;
use pinpoint_iam::eval::compiled::Compiled;
use pinpoint_iam::list::{Columns, Constraint, KeyedColumns, constrain_compiled};
use pinpoint_iam::mobiletargeting::{Campaign, GetCampaign, columns};
use pinpoint_iam::request::{Request, RequestedAction};
use pinpoint_iam::resource::RequestedResource;
use pinpoint_iam::{Guard, PolicyStack, TypedAction};
use pinpoint_iam_benches::Failure;
use pinpoint_iam_benches::lists::{ActionLists, Caller, at_once, campaigns, filter};
use pinpoint_iam_benches::measure::{Clock, Watch, median};
use pinpoint_iam_benches::report::{Table, figure, publish};
use pinpoint_iam_benches::workload::{Workload, caller, scope};
use serde_json::{Value, json};

/// The number of resources that are filtered.
const RESOURCES: usize = 10_000;

const ROUNDS: usize = 101;

fn main() -> Result<(), Failure> {
    let watch = Watch::start()?;
    let mut table = Table::new(["", "measured", "goal"]);
    let mut figures = serde_json::Map::new();
    for (workload, goal) in [("W2", "≤ 10 µs"), ("W4", "≤ 100 µs")] {
        let microseconds = constraint(workload)?;
        table.row([
            format!("constraint, {workload}"),
            format!("{} µs", figure(microseconds)),
            goal.to_owned(),
        ]);
        figures.insert(format!("constraint_{workload}_us"), microseconds.into());
    }
    for workload in ["W2", "W4"] {
        let microseconds = first_constraint(workload)?;
        table.row([
            format!("first constraint, {workload}"),
            format!("{} µs", figure(microseconds)),
            String::new(),
        ]);
        figures.insert(
            format!("first_constraint_{workload}_us"),
            microseconds.into(),
        );
    }
    let nanoseconds = filter_campaigns()?;
    table.row([
        format!("filter of {RESOURCES} resources, W2, for each"),
        format!("{} ns", figure(nanoseconds)),
        "≤ 100 ns".to_owned(),
    ]);
    figures.insert("filter_ns".to_owned(), nanoseconds.into());
    for (key, lists, goal) in [
        ("allowed_actions", ActionLists::of_app()?, ""),
        (
            "allowed_actions_of_several",
            ActionLists::of_several()?,
            "≤ 15 µs",
        ),
    ] {
        let (microseconds, actions) = (allowed_actions(&lists)?, lists.considered());
        table.row([
            format!("{}, W2: {actions} actions", lists.name),
            format!("{} µs", figure(microseconds)),
            goal.to_owned(),
        ]);
        figures.insert(
            key.to_owned(),
            json!({"us": microseconds, "actions": actions}),
        );
    }
    table.print();
    publish(watch, "lists", &Value::Object(figures))
}

/// Returns the median of the processor time of several rounds, in seconds.
fn measured(mut round: impl FnMut() -> Result<(), Failure>) -> Result<f64, Failure> {
    let mut times = Vec::with_capacity(ROUNDS);
    for _ in 0..ROUNDS {
        let clock = Clock::start();
        round()?;
        times.push(clock.elapsed().as_secs_f64());
    }
    Ok(median(&times))
}

fn with_guard<T>(
    workload: &str,
    measure: impl FnOnce(&Guard<'_>) -> Result<T, Failure>,
) -> Result<T, Failure> {
    let authorizer = Workload::named(workload)?.authorizer()?;
    let (caller, context) = (caller()?, Context::new());
    measure(&authorizer.guard(&caller, &context))
}

/// Measures the constraint for reading campaigns without the authorizer's cache, in microseconds.
fn first_constraint(workload: &str) -> Result<f64, Failure> {
    let policies = Workload::named(workload)?.policies()?;
    let stack = PolicyStack {
        identity: &policies,
        ..PolicyStack::default()
    };
    let compiled = Compiled::of(&stack)?;
    let (caller, context) = (caller()?, Context::new());
    let action = RequestedAction::from(GetCampaign::METADATA);
    let request = Request::new(&caller, action, RequestedResource::All, &context);
    let ids = ["application_id", "id"];
    let columns = Columns::of_type(Campaign::METADATA, &scope(), &ids)?;
    let seconds = measured(|| {
        drop(black_box(constrain_compiled(
            &compiled, &request, &columns,
        )?));
        Ok(())
    })?;
    Ok(seconds * 1e6)
}

/// Measures the constraint for reading campaigns, in microseconds.
fn constraint(workload: &str) -> Result<f64, Failure> {
    let columns = columns::Campaign {
        application_id: "application_id",
        campaign_id: "id",
        tags: KeyedColumns::nowhere(),
    };
    with_guard(workload, |guard| {
        let seconds = measured(|| match at_once(guard.constraint(GetCampaign, &columns))? {
            Ok(Constraint::Where(predicate)) => {
                black_box(&predicate);
                Ok(())
            }
            other => Err(format!("{workload} has another constraint: {other:?}").into()),
        })?;
        Ok(seconds * 1e6)
    })
}

/// Measures the filter of campaigns, half of which are allowed, in nanoseconds for each of them.
fn filter_campaigns() -> Result<f64, Failure> {
    let caller = Caller::load()?;
    let guard = caller.guard();
    let mut copies = vec![campaigns(RESOURCES)?; ROUNDS];
    // Returning the memory of the allowed campaigns is not a part of the filter.
    let mut kept = Vec::with_capacity(ROUNDS);
    let seconds = measured(|| {
        let campaigns = copies.pop().ok_or("a round has no resources")?;
        kept.push(filter(&guard, campaigns)?);
        Ok(())
    })?;
    Ok(seconds * 1e9 / RESOURCES as f64)
}

/// Measures lists of allowed actions, in microseconds.
fn allowed_actions(lists: &ActionLists) -> Result<f64, Failure> {
    let caller = Caller::load()?;
    let guard = caller.guard();
    let seconds = measured(|| {
        black_box(lists.run(&guard)?);
        Ok(())
    })?;
    Ok(seconds * 1e6)
}
