//! Makes a fixed set of decisions of principals on demand, or with a decision log, or writes their records, whose
//! instructions can be counted; for the target `instructions`.

use std::hint::black_box;
use std::time::Duration;
use std::{env, fs, io, process};

use pinpoint_iam::context::Context;
use pinpoint_iam::decision_log::{DecisionLog, DecisionSink, JsonLines, Record};
use pinpoint_iam::mobiletargeting::{App, GetApp};
use pinpoint_iam::{Authorizer, Principal};
use pinpoint_iam_benches::Failure;
use pinpoint_iam_benches::workload::many_principals::ManyPrincipals;
use pinpoint_iam_benches::workload::{Workload, caller, on_demand};

const PRINCIPALS: usize = 16;
const POLICIES: usize = 20;
const ATTACHED: usize = 5;
const MINUTE: Duration = Duration::from_secs(60);

fn main() -> Result<(), Failure> {
    let arguments: Vec<String> = env::args().skip(1).collect();
    let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
    match arguments[..] {
        ["log", workload, kind, passes] => logged(workload, kind, passes.parse()?),
        ["write", workload, passes] => written(workload, passes.parse()?),
        [step, kind, passes] => principals(step, kind, passes.parse()?),
        _ => Err(
            "expected `guard|decision memory|cache PASSES`, `log WORKLOAD with|without PASSES` or `write WORKLOAD PASSES`"
                .into(),
        ),
    }
}

/// The function whose instructions are counted, by its name.
#[inline(never)]
fn counted(step: &mut dyn FnMut(), passes: usize) {
    for _ in 0..passes {
        black_box(&mut *step)();
    }
}

/// Creates a guard for each of the principals, or makes one decision with each of their guards.
fn principals(step: &str, kind: &str, passes: usize) -> Result<(), Failure> {
    let many = ManyPrincipals::new(PRINCIPALS, POLICIES, ATTACHED);
    let authorizer = match kind {
        "memory" => many.authorizer()?,
        "cache" => on_demand::authorizer(&many)?,
        _ => return Err(format!("`{kind}` is neither `memory` nor `cache`").into()),
    };
    let questions = (0..many.len()).map(|index| many.question(index));
    let questions = questions.collect::<Result<Vec<(Principal, App)>, Failure>>()?;
    let context = Context::new();
    let guard = |principal| Authorizer::guard(&authorizer, principal, &context);
    let guards: Vec<_> = questions.iter().map(|(caller, _)| guard(caller)).collect();
    let mut allowed = 0;
    let mut step: Box<dyn FnMut()> = match step {
        "guard" => Box::new(|| {
            for (principal, _) in &questions {
                black_box(guard(principal));
            }
        }),
        "decision" => Box::new(|| {
            for (guard, (_, app)) in guards.iter().zip(&questions) {
                allowed += usize::from(guard.check(GetApp, app).is_ok());
            }
        }),
        _ => return Err(format!("`{step}` is neither `guard` nor `decision`").into()),
    };
    // Do not count what is created on first use.
    step();
    counted(&mut *step, passes);
    drop(step);
    println!("{allowed} allowed");
    Ok(())
}

/// The questions of a workload with their contexts.
struct Asked(Workload, Vec<Context>);

impl Asked {
    fn named(workload: &str) -> Result<Self, Failure> {
        let workload = Workload::named(workload)?;
        let contexts = workload.questions.iter();
        let contexts = contexts.map(|question| question.context.context());
        let contexts = contexts.collect();
        Ok(Self(workload, contexts))
    }

    fn decide(&self, authorizer: &Authorizer, caller: &Principal) {
        for (question, context) in self.0.questions.iter().zip(&self.1) {
            black_box(question.typed(authorizer, caller, context));
        }
    }
}

/// Returns an error unless the log has written this number of records.
fn complete(log: &DecisionLog, records: usize) -> Result<(), Failure> {
    match log.flush(MINUTE) && log.counts().written == records as u64 {
        true => Ok(()),
        false => Err(format!("not every decision was logged: {:?}", log.counts()).into()),
    }
}

/// Decides the questions of a workload.
fn logged(workload: &str, kind: &str, passes: usize) -> Result<(), Failure> {
    let asked = Asked::named(workload)?;
    // The queue has room for all records, so that the counted decisions never wait.
    let records = asked.1.len() * (passes + 1);
    let log = DecisionLog::builder()
        .capacity(records)
        .start(|record: &Record<'_>| {
            black_box(record);
        })?;
    let builder = asked.0.builder()?;
    let authorizer = match kind {
        "with" => builder.decision_log(log.clone()),
        "without" => builder,
        _ => return Err(format!("`{kind}` is neither `with` nor `without`").into()),
    };
    let authorizer = authorizer.build()?;
    let caller = caller()?;
    let mut step = || asked.decide(&authorizer, &caller);
    // Do not count what is created on first use.
    step();
    if !log.flush(MINUTE) {
        return Err("the log was not written".into());
    }
    counted(&mut step, passes);
    complete(&log, if kind == "with" { records } else { 0 })
}

/// Writes records, each of which is counted.
struct Counted(JsonLines);

impl DecisionSink for Counted {
    fn write(&mut self, record: &Record<'_>) -> io::Result<()> {
        let mut written = Ok(());
        counted(&mut || written = self.0.write(record), 1);
        written
    }

    fn flush(&mut self) -> io::Result<()> {
        self.0.flush()
    }
}

/// Writes the records of a workload to a file.
fn written(workload: &str, passes: usize) -> Result<(), Failure> {
    let path = env::temp_dir().join(format!("decisions-{}.log", process::id()));
    let asked = Asked::named(workload)?;
    let records = asked.1.len() * passes;
    let log = DecisionLog::builder()
        .capacity(records)
        .start(Counted(JsonLines::open(&path)?))?;
    let authorizer = asked.0.builder()?.decision_log(log.clone()).build()?;
    let caller = caller()?;
    for _ in 0..passes {
        asked.decide(&authorizer, &caller);
    }
    let written = complete(&log, records);
    fs::remove_file(&path)?;
    written
}
