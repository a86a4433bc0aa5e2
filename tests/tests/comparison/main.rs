//! The comparison of policies, checked against published verdicts, brute force and random requests.

#![expect(
    clippy::panic,
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "a test fails by panicking, its helpers too"
)]

mod brute_force;
mod changes;
mod classes;
mod hostile;
mod interchange;
mod mutations;
mod pairs;
mod questions;
mod random;
mod runner;
mod sources;
mod universe;

use pinpoint_iam::Policy;
use pinpoint_iam::policy::Document;
use pinpoint_iam_compare::{Comparison, PolicySet};

/// The message for a difference that the evaluators do not confirm. It is always a bug.
const UNCONFIRMED: &str = "do not confirm";

/// Returns the policies of one document, whose kind is derived from its contents.
fn set(name: &str, document: &str) -> PolicySet {
    let document =
        Document::parse(document).unwrap_or_else(|error| panic!("{error} in {document}"));
    PolicySet::of_policy(PolicySet::kind_of(&document), Policy::new(name, document))
}

/// Fails if the evaluators did not confirm a witness.
fn assert_confirmed(comparison: &Comparison) {
    let is_unconfirmed = comparison
        .undecided
        .iter()
        .any(|undecided| undecided.reason.contains(UNCONFIRMED));
    assert!(!is_unconfirmed, "{comparison:#?}");
}
