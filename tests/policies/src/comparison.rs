//! What tests of the comparison share.

#![expect(
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test fails by panicking, its helpers too"
)]

use pinpoint_iam::Policy;
use pinpoint_iam::policy::Document;
use pinpoint_iam_compare::{Comparison, PolicySet};

/// The message for a difference that the evaluators do not confirm. It is always a bug.
const UNCONFIRMED: &str = "do not confirm";

/// Returns the policies of one document, whose kind is derived from its contents.
///
/// # Panics
///
/// If the document cannot be parsed.
pub fn set(name: &str, document: &str) -> PolicySet {
    let document =
        Document::parse(document).unwrap_or_else(|error| panic!("{error} in {document}"));
    PolicySet::of_policy(PolicySet::kind_of(&document), Policy::new(name, document))
}

/// Checks that the evaluators confirmed every witness.
///
/// # Panics
///
/// If they did not.
pub fn assert_confirmed(comparison: &Comparison) {
    let is_unconfirmed = comparison
        .undecided
        .iter()
        .any(|undecided| undecided.reason.contains(UNCONFIRMED));
    assert!(!is_unconfirmed, "{comparison:#?}");
}

/// A generator that returns the same numbers in every run.
#[derive(Debug)]
pub struct Dice(u64);

impl Dice {
    /// Starts with this seed.
    pub const fn new(seed: u64) -> Self {
        Self(seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1)
    }

    /// Returns a number below `bound`.
    ///
    /// # Panics
    ///
    /// If `bound` is zero.
    pub fn below(&mut self, bound: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        // 31 bits fit into any `usize` of the platforms that run these tests.
        (self.0 >> 33) as usize % bound
    }

    /// Returns one element.
    ///
    /// # Panics
    ///
    /// If there is none.
    pub fn one<'t, T>(&mut self, of: &'t [T]) -> &'t T {
        &of[self.below(of.len())]
    }

    /// Returns `true` once in `one_in` calls, on average.
    pub fn chance(&mut self, one_in: usize) -> bool {
        self.below(one_in) == 0
    }
}
