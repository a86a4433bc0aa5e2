//! Engines that decide the questions of a workload. Those of other projects are in the package `peers`.
//!
//! An engine is given the policies and the questions before anything is timed. The requests of the peers are then ready
//! for a decision: ids are interned, entities built, contexts created. Only pinpoint-iam parses its texts again for
//! every decision, in [`pinpoint::Form::Text`]. The peers do not have to find out which policies apply to the caller.

pub mod baseline;
pub mod glob;
pub mod linear;
pub mod pinpoint;

use crate::workload::Workload;

/// Decides the questions of the workload that it was loaded with.
pub trait Engine {
    /// The name of the engine in tables.
    fn name(&self) -> &'static str;

    /// Decides `count` questions in turn from number `first` on, starting again after the last one, and returns how
    /// many are allowed.
    fn run(&self, first: usize, count: usize) -> usize;

    /// Decides the question with the number `index`.
    fn decide(&self, index: usize) -> bool {
        self.run(index, 1) == 1
    }

    /// Whether the engine decides at all. A baseline does not: it measures one step of a decision.
    fn decides(&self) -> bool {
        true
    }
}

/// Passes `count` questions in turn to `allowed`, from number `first` on, and returns how many of them are allowed.
pub fn ask<T>(questions: &[T], first: usize, count: usize, allowed: impl Fn(&T) -> bool) -> usize {
    questions
        .iter()
        .cycle()
        .skip(first.checked_rem(questions.len()).unwrap_or(0))
        .take(count)
        .filter(|question| allowed(std::hint::black_box(question)))
        .count()
}

/// Returns the baselines.
pub fn baselines(workload: &Workload) -> Vec<Box<dyn Engine + '_>> {
    vec![
        Box::new(baseline::Hash::of(workload)),
        Box::new(baseline::Split::of(workload)),
        Box::new(baseline::Swap::of(workload)),
    ]
}
