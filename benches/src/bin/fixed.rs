//! Makes a fixed set of decisions whose instructions can be counted, or takes the baseline's step as often; for the
//! target `instructions`.

use std::hint::black_box;

use pinpoint_iam_benches::Failure;
use pinpoint_iam_benches::engine::Engine;
use pinpoint_iam_benches::engine::baseline::Split;
use pinpoint_iam_benches::engine::pinpoint::{Form, Pinpoint};
use pinpoint_iam_benches::workload::Workload;

fn main() -> Result<(), Failure> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [workload, form, passes] = arguments.as_slice() else {
        return Err("expected `WORKLOAD FORM PASSES`".into());
    };
    let workload = Workload::named(workload)?;
    let engine: Box<dyn Engine + '_> = if form == Split::NAME {
        Box::new(Split::of(&workload))
    } else {
        let form = Form::ALL
            .into_iter()
            .find(|known| known.name() == form)
            .ok_or_else(|| format!("no form is called `{form}`"))?;
        Box::new(Pinpoint::load(&workload, form)?)
    };
    let questions = workload.questions.len();
    // Do not count what is created on first use.
    let allowed = engine.run(0, questions);
    let count = questions * passes.parse::<usize>()?;
    counted(&*engine, count);
    println!("{count} decisions, {allowed} of {questions} allowed");
    Ok(())
}

/// The function whose instructions are counted, by its name. It does a little more than call `run`, because the
/// compiler would otherwise merge the two functions.
#[inline(never)]
fn counted(engine: &dyn Engine, count: usize) {
    black_box(black_box(engine).run(0, count));
}
