//! The comparison of policies, checked against random requests. `cargo xtask comparisons` compiles this test with
//! optimization, and then it compares fifty times as many pairs.

#![expect(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "a test fails by panicking, its helpers too"
)]

mod mutations;
mod random;
