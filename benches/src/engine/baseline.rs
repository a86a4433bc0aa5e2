//! Baselines: the cost of single steps that every decision needs.

use std::hash::{BuildHasher, RandomState};
use std::hint::black_box;
use std::sync::Arc;

use arc_swap::ArcSwap;

use super::{Engine, ask};
use crate::workload::Workload;

fn arns(workload: &Workload) -> Vec<&str> {
    workload
        .questions
        .iter()
        .map(|question| question.resource.as_str())
        .collect()
}

/// Hashes the ARN once, with the standard library's hasher.
pub struct Hash<'a> {
    arns: Vec<&'a str>,
    state: RandomState,
}

impl<'a> Hash<'a> {
    /// Creates the baseline for the ARNs of the questions.
    pub fn of(workload: &'a Workload) -> Self {
        Self {
            arns: arns(workload),
            state: RandomState::new(),
        }
    }
}

impl Engine for Hash<'_> {
    fn name(&self) -> &'static str {
        "baseline: hash the ARN"
    }

    fn run(&self, first: usize, count: usize) -> usize {
        ask(&self.arns, first, count, |arn| {
            self.state.hash_one(*arn) & 1 == 1
        })
    }

    fn decides(&self) -> bool {
        false
    }
}

/// Splits the ARN at its colons, with the standard library's `splitn`.
pub struct Split<'a>(Vec<&'a str>);

impl<'a> Split<'a> {
    /// Creates the baseline for the ARNs of the questions.
    pub fn of(workload: &'a Workload) -> Self {
        Self(arns(workload))
    }
}

impl Engine for Split<'_> {
    fn name(&self) -> &'static str {
        Self::NAME
    }

    fn run(&self, first: usize, count: usize) -> usize {
        ask(&self.0, first, count, |arn| {
            let mut parts = arn.splitn(6, ':');
            let parts: [Option<&str>; 6] = std::array::from_fn(|_| parts.next());
            black_box(&parts);
            true
        })
    }

    fn decides(&self) -> bool {
        false
    }
}

impl Split<'_> {
    /// The name of the baseline with which the typed request is compared.
    pub const NAME: &'static str = "baseline: split the ARN";
}

/// Loads an `Arc` from an `arc_swap::ArcSwap`, as a guard.
pub struct Swap<'a> {
    arns: Vec<&'a str>,
    swap: ArcSwap<usize>,
}

impl<'a> Swap<'a> {
    /// Creates the baseline, with one load per question.
    pub fn of(workload: &'a Workload) -> Self {
        Self {
            arns: arns(workload),
            swap: ArcSwap::new(Arc::new(1)),
        }
    }
}

impl Engine for Swap<'_> {
    fn name(&self) -> &'static str {
        "baseline: arc-swap load"
    }

    fn run(&self, first: usize, count: usize) -> usize {
        ask(&self.arns, first, count, |_| **self.swap.load() == 1)
    }

    fn decides(&self) -> bool {
        false
    }
}
