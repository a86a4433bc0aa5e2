//! Counts the instructions of a decision, of lists, and of the attribute in a web request, and compares them with committed
//! bounds: `cargo bench -p pinpoint-iam-benches --bench instructions`. With `--features production`, it counts those of
//! principals on demand, of the decision log, and of loading, comparison, lint, replay and the verification of a signature
//! instead, because the feature changes all other counts.
//!
//! A separate program makes the same decisions on every run, and callgrind counts its instructions. Nothing is timed,
//! so the check can be part of a gate that runs on any machine. With `-- --renew`, the counts become the new bounds.
//! The table also shows each decision as a multiple of splitting the ARN once, which has no bound.

use std::collections::BTreeMap;
use std::fs;
use std::process::Command;

use pinpoint_iam_benches::Failure;
use pinpoint_iam_benches::engine::baseline::Split;
use pinpoint_iam_benches::engine::pinpoint::Form;
use pinpoint_iam_benches::report::{Table, figure};
use pinpoint_iam_benches::workload::Workload;
use serde_json::Value;

const FILE: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/instructions.json");
const RENEW: &str = if cfg!(feature = "production") {
    "cargo bench -p pinpoint-iam-benches --features production --bench instructions -- --renew"
} else {
    "cargo bench -p pinpoint-iam-benches --bench instructions -- --renew"
};
const WORKLOADS: [&str; 5] = ["W1", "W2", "W3", "W4", "W5"];
const PASSES: usize = 10;
const REQUESTS: usize = 200;
const RESOURCES: usize = 1_000;

/// The lengths of two logs. Their difference does not contain what a replay does once.
const RECORDS: [usize; 2] = [500, 2_000];

/// The factor by which a count may exceed its bound. It allows for small differences between compilers and C libraries.
const SLACK: f64 = 1.1;

/// The same factor for a request. The cost of the attribute is the difference between two counts, and each of them
/// varies by a few hundred from run to run, depending on the addresses that the allocator returns.
const REQUEST_SLACK: f64 = 1.3;

/// The factor by which a decision of a principal in the cache may exceed the same decision in memory.
const CACHE_SLACK: f64 = 1.05;

/// The key under which the figures of principals are stored.
const PRINCIPALS: &str = "principals";
/// The principals of a pass.
const GUARDS: usize = 16;
const IN_MEMORY: &str = "decision, in memory";
const IN_CACHE: &str = "decision, in the cache";

/// The key under which the figures of the decision log are stored.
const LOG: &str = "decision log";

/// The key under which the figures of a request are stored, next to the workloads.
const REQUEST: &str = "axum request";

/// The key under which the figures of lists are stored.
const LISTS: &str = "lists, W2";

/// The key under which the figures of programs are stored that read policies, logs or signatures.
const ANALYSES: &str = "analysis";

/// Instructions per decision, by workload and form, those of lists, those that the attribute adds to a web request, and
/// those of the analyses.
type Counts = BTreeMap<String, BTreeMap<String, f64>>;

fn main() -> Result<(), Failure> {
    let counts = if cfg!(feature = "production") {
        count_production()?
    } else {
        count_all()?
    };
    if std::env::args().any(|argument| argument == "--renew") {
        // The other bounds are those of a run with other features.
        let mut bounds = bounds()?;
        bounds.extend(counts);
        let value = serde_json::to_value(&bounds)?;
        fs::write(FILE, format!("{value:#}\n"))?;
        println!("written to {FILE}");
        return Ok(());
    }
    let bounds = bounds()?;
    let mut table = Table::new(["instructions", "counted", "bound", "ratio", "× split"]);
    let mut faults = Vec::new();
    for (workload, forms) in &counts {
        let split = match WORKLOADS.contains(&workload.as_str()) {
            true => Some(decisions(workload, Split::NAME)?),
            false => None,
        };
        for (form, counted) in forms {
            let what = format!("{workload}, {form}");
            let Some(bound) = bounds.get(workload).and_then(|forms| forms.get(form)) else {
                return Err(
                    format!("{FILE} has no bound for {what}; renew the bounds: `{RENEW}`").into(),
                );
            };
            let ratio = counted / bound;
            let slack = if workload == REQUEST {
                REQUEST_SLACK
            } else {
                SLACK
            };
            if ratio > slack {
                faults.push(format!(
                    "{what}: {} instructions, committed bound {}",
                    figure(*counted),
                    figure(*bound)
                ));
            }
            table.row([
                what,
                figure(*counted),
                figure(*bound),
                format!("{ratio:.3}"),
                split.map_or_else(String::new, |split| figure(counted / split)),
            ]);
        }
    }
    table.print();
    faults.extend(exceeds_memory(&counts));
    if faults.is_empty() {
        return Ok(());
    }
    Err(format!(
        "instruction counts exceed their bounds:\n{}\nIf the change is worth the cost, renew the bounds and explain it in the commit: `{RENEW}`",
        faults.join("\n")
    )
    .into())
}

fn bounds() -> Result<Counts, Failure> {
    let text = fs::read_to_string(FILE)
        .map_err(|error| format!("{FILE} cannot be read ({error}); create it: `{RENEW}`"))?;
    let value: Value = serde_json::from_str(&text)?;
    Ok(serde_json::from_value(value)?)
}

fn count_all() -> Result<Counts, Failure> {
    let mut counts = Counts::new();
    for workload in WORKLOADS {
        let forms = Form::ALL
            .into_iter()
            .map(|form| Ok((form.name().to_owned(), decisions(workload, form.name())?)))
            .collect::<Result<_, Failure>>()?;
        counts.insert(workload.to_owned(), forms);
    }
    let filter = ["filter", &RESOURCES.to_string()];
    let lists = [
        ("filter, each resource", &filter[..], RESOURCES),
        ("allowed actions of an app", &["actions"], 1),
    ];
    let lists = lists.map(|(name, arguments, times)| {
        let counted = count(env!("CARGO_BIN_EXE_list"), arguments, times)?;
        Ok((name.to_owned(), counted))
    });
    let lists = lists.into_iter().collect::<Result<_, Failure>>()?;
    counts.insert(LISTS.to_owned(), lists);
    let attribute = request("with")? - request("less")?;
    let attribute = [("`#[requires]`".to_owned(), attribute)];
    counts.insert(REQUEST.to_owned(), attribute.into());
    Ok(counts)
}

/// Reports if a decision of a principal in the cache takes too many instructions, compared with the same decision in
/// memory.
fn exceeds_memory(counts: &Counts) -> Option<String> {
    let principals = counts.get(PRINCIPALS)?;
    let (in_memory, in_cache) = (principals.get(IN_MEMORY)?, principals.get(IN_CACHE)?);
    (*in_cache > in_memory * CACHE_SLACK).then(|| {
        format!(
            "{PRINCIPALS}, {IN_CACHE}: {} instructions, in memory {}",
            figure(*in_cache),
            figure(*in_memory)
        )
    })
}

/// Counts what only the feature `production` has.
fn count_production() -> Result<Counts, Failure> {
    let passes = PASSES.to_string();
    let principals = |step: &str, kind: &str| {
        let arguments = [step, kind, &passes];
        count(
            env!("CARGO_BIN_EXE_production"),
            &arguments,
            PASSES * GUARDS,
        )
    };
    let principals = [
        (IN_MEMORY, principals("decision", "memory")?),
        (IN_CACHE, principals("decision", "cache")?),
        (
            "look-up in the cache",
            principals("guard", "cache")? - principals("guard", "memory")?,
        ),
    ];
    let logged = |workload: &str, kind: &str| {
        let arguments = ["log", workload, kind, &passes];
        let decisions = Workload::named(workload)?.questions.len() * PASSES;
        count(env!("CARGO_BIN_EXE_production"), &arguments, decisions)
    };
    let mut log = BTreeMap::new();
    for workload in ["W2", "W5"] {
        let record = logged(workload, "with")? - logged(workload, "without")?;
        log.insert(format!("record, {workload}"), record);
        // Many, because the memory of the first batch grows while it is written.
        let passes = 20 * PASSES;
        let written = ["write", workload, &passes.to_string()];
        let records = Workload::named(workload)?.questions.len() * passes;
        let written = count(env!("CARGO_BIN_EXE_production"), &written, records)?;
        log.insert(format!("written to a file, {workload}"), written);
    }
    let principals = principals.map(|(name, counted)| (name.to_owned(), counted));
    Ok(Counts::from([
        (PRINCIPALS.to_owned(), principals.into()),
        (LOG.to_owned(), log),
        (ANALYSES.to_owned(), analyses()?),
    ]))
}

/// Returns the instructions of each analysis.
fn analyses() -> Result<BTreeMap<String, f64>, Failure> {
    let one = |arguments: &[&str]| count(env!("CARGO_BIN_EXE_analysis"), arguments, 1);
    let each = |form: &str| -> Result<f64, Failure> {
        let [few, many] = RECORDS;
        let all = |records: usize| one(&["replay", form, &records.to_string()]);
        Ok(((all(many)? - all(few)?) / (many - few) as f64).round())
    };
    let statements = 1_000.0;
    let load = |part: &str| -> Result<f64, Failure> {
        Ok((one(&["load", part, "W3"])? / statements).round())
    };
    let counts = [
        ("parsing, each statement of W3", load("documents")?),
        ("loading, each statement of W3", load("authorizer")?),
        ("comparison of two documents", one(&["compare"])?),
        ("lint of the policies of W1", one(&["lint", "W1"])?),
        ("lint of the policy of W2", one(&["lint", "W2"])?),
        ("replay, each record", each("records")?),
        ("replay, each event of CloudTrail", each("events")?),
        ("verification of a signature", one(&["verify"])?),
    ];
    Ok(counts
        .into_iter()
        .map(|(name, counted)| (name.to_owned(), counted))
        .collect())
}

/// Returns the instructions per request to the handler with the attribute, or to the one without it.
fn request(handler: &str) -> Result<f64, Failure> {
    let arguments = [handler, &REQUESTS.to_string()];
    count(env!("CARGO_BIN_EXE_request"), &arguments, REQUESTS)
}

/// Returns the instructions per decision in the form of this name, or of the baseline's step.
fn decisions(workload: &str, form: &str) -> Result<f64, Failure> {
    let arguments = [workload, form, &PASSES.to_string()];
    let decisions = Workload::named(workload)?.questions.len() * PASSES;
    count(env!("CARGO_BIN_EXE_fixed"), &arguments, decisions)
}

/// Runs a program, and returns the instructions of its function `counted`, divided by `times` and rounded.
fn count(program: &str, arguments: &[&str], times: usize) -> Result<f64, Failure> {
    let output = Command::new("valgrind")
        .args(["--tool=callgrind", "--callgrind-out-file=/dev/null"])
        // Count only what the function of this name calls.
        .args(["--collect-atstart=no", "--toggle-collect=*::counted*"])
        .arg(program)
        .args(arguments)
        .output()
        .map_err(|error| format!("valgrind cannot be run ({error}): install it"))?;
    let report = String::from_utf8_lossy(&output.stderr);
    if !output.status.success() {
        return Err(report.into_owned().into());
    }
    let total: f64 = report
        .lines()
        .find_map(|line| line.split_once("Collected :"))
        .ok_or("the output of callgrind contains no count")?
        .1
        .trim()
        .parse()?;
    let each = (total / times as f64).round();
    // If no function had this name, the count would be zero and the check would pass.
    if each < 1.0 {
        return Err(
            "callgrind counted no instructions: does the function `counted` still exist?".into(),
        );
    }
    Ok(each)
}
