//! The comparison of policies: against published verdicts, against brute force, and against requests that are made up.

#![expect(
    clippy::panic,
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "a test fails by panicking, its helpers too"
)]

mod brute_force;
mod hostile;
mod mutations;
mod pairs;
mod questions;
mod random;
mod runner;
mod universe;

use pinpoint_iam::Policy;
use pinpoint_iam::policy::Document;
use pinpoint_iam_compare::{Comparison, PolicySet};

/// What a comparison says when the evaluators do not confirm it: always a fault.
const UNCONFIRMED: &str = "do not confirm";

/// The policies of one document, of a kind that follows from what it says.
fn set(name: &str, document: &str) -> PolicySet {
    let document =
        Document::parse(document).unwrap_or_else(|error| panic!("{error} in {document}"));
    PolicySet::of_policy(PolicySet::kind_of(&document), Policy::new(name, document))
}

/// Fails when the evaluators did not confirm a witness.
fn assert_confirmed(comparison: &Comparison) {
    let is_unconfirmed = comparison
        .undecided
        .iter()
        .any(|undecided| undecided.reason.contains(UNCONFIRMED));
    assert!(!is_unconfirmed, "{comparison:#?}");
}
