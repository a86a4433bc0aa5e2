//! Who answers the questions of a workload; the peers are in the package `peers`.
//!
//! An engine is loaded with the policies and given the questions before anything is timed. What a peer takes as a
//! request is then ready to be decided: ids are interned, entities built, contexts made. Only ours reads its texts
//! again for every decision, in [`ours::Form::Text`]. No peer has to find out which policies are the caller's.

pub mod floor;
pub mod glob;
pub mod linear;
pub mod ours;

use crate::workload::Workload;

/// Answers the questions of the workload that it was loaded with.
pub trait Engine {
    /// What the tables call it.
    fn name(&self) -> &'static str;

    /// Answers `count` questions in turn from number `first` on, starting again after the last one, and says how many
    /// are allowed.
    fn run(&self, first: usize, count: usize) -> usize;

    /// Answers the question with the number `index`.
    fn decide(&self, index: usize) -> bool {
        self.run(index, 1) == 1
    }

    /// Whether it decides at all. A floor does not: it shows what one step of a decision costs.
    fn decides(&self) -> bool {
        true
    }
}

/// Asks `questions` in turn, from number `first` on, and counts those for which `allowed` says yes.
pub fn ask<T>(questions: &[T], first: usize, count: usize, allowed: impl Fn(&T) -> bool) -> usize {
    questions
        .iter()
        .cycle()
        .skip(first.checked_rem(questions.len()).unwrap_or(0))
        .take(count)
        .filter(|question| allowed(std::hint::black_box(question)))
        .count()
}

/// The floors.
pub fn floors(workload: &Workload) -> Vec<Box<dyn Engine + '_>> {
    vec![
        Box::new(floor::Hash::of(workload)),
        Box::new(floor::Split::of(workload)),
        Box::new(floor::Swap::of(workload)),
    ]
}
