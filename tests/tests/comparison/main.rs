//! The comparison of policies, checked against published verdicts and brute force. `tests/policies` has those with random policies.

#![expect(
    clippy::panic,
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "a test fails by panicking, its helpers too"
)]

mod brute_force;
mod changes;
mod classes;
mod findings;
mod hostile;
mod interchange;
mod pairs;
mod questions;
mod runner;
mod sources;
mod universe;
