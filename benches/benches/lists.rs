//! Measures checks of many resources and lists: `cargo bench --bench lists`.

use std::hint::black_box;
use std::pin::pin;
use std::task::{Context as TaskContext, Poll, Waker};

use pinpoint_iam::context::Context;
use pinpoint_iam::eval::compiled::Compiled;
use pinpoint_iam::list::{Columns, Constraint, KeyedColumns, constrain_compiled};
use pinpoint_iam::mobiletargeting::{App, Campaign, GetCampaign, columns};
use pinpoint_iam::request::{Request, RequestedAction};
use pinpoint_iam::resource::RequestedResource;
use pinpoint_iam::{Guard, PolicyStack, Resource, TypedAction};
use pinpoint_iam_benches::Failure;
use pinpoint_iam_benches::measure::{Clock, median};
use pinpoint_iam_benches::report::{Table, figure, write_json};
use pinpoint_iam_benches::workload::{Workload, caller, scope};
use serde_json::{Value, json};

/// The number of resources that are filtered.
const RESOURCES: usize = 10_000;

const ROUNDS: usize = 101;

fn main() -> Result<(), Failure> {
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
    let nanoseconds = filter()?;
    table.row([
        format!("filter of {RESOURCES} resources, W2, for each"),
        format!("{} ns", figure(nanoseconds)),
        "≤ 100 ns".to_owned(),
    ]);
    figures.insert("filter_ns".to_owned(), nanoseconds.into());
    let (microseconds, actions) = allowed_actions()?;
    table.row([
        format!("allowed actions of an app ({actions} actions), W2"),
        format!("{} µs", figure(microseconds)),
        "≤ 15 µs for 127 actions".to_owned(),
    ]);
    figures.insert(
        "allowed_actions".to_owned(),
        json!({"us": microseconds, "actions": actions}),
    );
    table.print();
    write_json("lists", &Value::Object(figures))
}

/// Returns the output of a future that waits for nothing.
fn at_once<F: Future>(future: F) -> Result<F::Output, Failure> {
    let mut context = TaskContext::from_waker(Waker::noop());
    match pin!(future).poll(&mut context) {
        Poll::Ready(output) => Ok(output),
        Poll::Pending => Err("a check without keys of resources waits".into()),
    }
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
fn filter() -> Result<f64, Failure> {
    let workload = Workload::named("W2")?;
    let allowed = workload
        .statements()?
        .iter()
        .flat_map(|statement| statement.resources.clone())
        .find_map(|resource| {
            let (_, after) = resource.split_once(":apps/")?;
            let (id, _) = after.split_once('/')?;
            (id.len() == 32).then(|| id.to_owned())
        })
        .ok_or("W2 has no application")?;
    let campaigns: Vec<Campaign> = (0..RESOURCES)
        .map(|number| {
            let other = format!("{number:032x}");
            let application = if number % 2 == 0 { &allowed } else { &other };
            Campaign::new(application, format!("{number:032x}"))
        })
        .collect::<Result<_, _>>()?;
    with_guard("W2", |guard| {
        let mut copies: Vec<Vec<Campaign>> = vec![campaigns; ROUNDS];
        let seconds = measured(|| {
            let campaigns = copies.pop().ok_or("a round has no resources")?;
            let kept = at_once(guard.filter(GetCampaign, campaigns))??;
            match kept.len() == RESOURCES / 2 {
                true => Ok(()),
                false => Err(format!("{} resources are allowed", kept.len()).into()),
            }
        })?;
        Ok(seconds * 1e9 / RESOURCES as f64)
    })
}

/// Measures the allowed actions of an app, in microseconds, and returns the number of actions that are checked.
fn allowed_actions() -> Result<(f64, usize), Failure> {
    let app = App::new("0123456789abcdef0123456789abcdef")?;
    let actions = pinpoint_iam::mobiletargeting::SERVICE
        .actions
        .iter()
        .filter(|action| {
            let mut types = action.resource_types.iter();
            App::TYPE.is_some_and(|app| types.any(|other| std::ptr::eq(*other, app)))
        })
        .count();
    let seconds = with_guard("W2", |guard| {
        measured(|| {
            black_box(at_once(guard.allowed_actions(&app))??);
            Ok(())
        })
    })?;
    Ok((seconds * 1e6, actions))
}
